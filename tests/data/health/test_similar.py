"""What is said of pictures that a base sees as alike, or as unlike all others."""

import numpy as np

from sightline.data.copies.similar import Similar
from sightline.data.health.similar import similar_findings


def test_pairs_in_two_parts_are_a_warning_and_what_is_unlike_all_others_is_named(table):
    surveyed = table([("a", "", "", "train" if number < 10 else "test") for number in range(20)])
    nearness = np.linspace(0.5, 0.6, 20).astype(np.float32)
    nearness[7] = -0.5
    similar = Similar(np.array([[1, 2], [3, 15]]), np.array([0.5, 0.4], np.float32), np.arange(20), nearness)

    found = {finding.code: finding for finding in similar_findings(surveyed, similar)}
    assert found["similar-two-parts"].evidence == ("table/00003 ~ table/00015 (0.40)",)
    assert len(found["similar-pictures"].evidence) == 2
    assert found["unlike-picture"].evidence == ("table/00007",)
