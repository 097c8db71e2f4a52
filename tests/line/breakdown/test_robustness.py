import json

import numpy as np
import pytest

import sightline
from sightline.evaluation.breakdown.robustness import robustness_scores
from sightline.evaluation.report.robustness import Robustness
from sightline.imaging.corruptions import CORRUPTIONS, corrupted
from sightline.line.breakdown.robustness import damaged_pixels
from sightline.line.narrator import Silent


@pytest.fixture(scope="session")
def measured(finished, flowers):
    return sightline.evaluate(finished.folder, flowers, corruptions=True, narrator=Silent())


def test_every_kind_and_strength_is_measured_beside_the_pictures_as_they_are(measured):
    scores = measured.robustness
    assert [one.name for one in scores.corruptions] == [*CORRUPTIONS]
    assert scores.clean == measured.scores.accuracy
    assert scores.mean == pytest.approx(np.mean([one.accuracies for one in scores.corruptions]))
    assert scores.mean_interval[0] < scores.mean < scores.mean_interval[1]
    assert scores.retained == pytest.approx(scores.mean / scores.clean)
    assert all(low <= value <= high for one in scores.corruptions
               for value, (low, high) in zip(one.accuracies, one.intervals, strict=True))  # fmt: skip


def test_noise_hurts_more_the_stronger_it_is_and_the_same_seed_gives_the_same_figures(measured, finished, flowers):
    noise = measured.robustness.corruptions[0]
    assert noise.accuracies[0] > noise.accuracies[-1]
    again = sightline.evaluate(finished.folder, flowers, corruptions=True, narrator=Silent())
    assert again.robustness == measured.robustness


def test_the_report_has_one_drawing_and_every_figure(measured):
    section = Robustness(measured.robustness)
    html = section.html()
    assert html.count("<svg") == 1
    assert all(name in html for name in CORRUPTIONS)
    json.dumps(section.as_json())
    assert json.loads(json.dumps(measured.as_json()))["robustness"]["count"] == 84


def test_a_model_that_names_nothing_retains_nothing_and_two_pictures_are_enough():
    wrong = np.zeros(2, bool)
    scores = robustness_scores(
        wrong, {"jpeg": np.zeros((5, 2), bool)}, families={"jpeg": "digital"}, available=2, seed=0
    )
    assert (scores.retained, scores.retained_interval, scores.mean_interval, scores.mean) == (None, None, None, 0)
    assert "0.0" in Robustness(scores).html()


@pytest.mark.parametrize(("right", "has_interval"), [(9, False), (10, True)])
def test_what_is_retained_has_an_interval_where_enough_are_right_to_draw_from(right, has_interval):
    clean, damaged = np.arange(20) < right, np.zeros((5, 20), bool)
    damaged[:, : right - 2] = True
    scores = robustness_scores(clean, {"jpeg": damaged}, families={"jpeg": "digital"}, available=20, seed=0)
    assert (scores.retained_interval is not None) is has_interval
    assert ("too few are right for an interval" in scores.words) is not has_interval
    assert scores.mean_interval[0] < scores.mean < scores.mean_interval[1]


@pytest.mark.parametrize(("colours", "channels"), [("hsv", 3), ("cmyk", 4), ("grey", 1)])
def test_other_colour_spaces_are_damaged_too(colours, channels):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, channels), dtype=np.uint8)
    damaged = damaged_pixels(pixels, colours, "gaussian-blur", 5, seed=0)
    assert (damaged.shape, damaged.dtype) == (pixels.shape, np.uint8)
    if colours == "grey":
        np.testing.assert_array_equal(damaged, corrupted(pixels, "gaussian-blur", 5, seed=0))
