import re

import numpy as np
import pytest

from sightline.core.intervals import wilson_interval
from sightline.core.percent import percent
from sightline.evaluation.confidence import expected_calibration_error
from sightline.evaluation.drawings.reliability import reliability_svg
from sightline.evaluation.reliability import reliability_of
from sightline.evaluation.temperature import softmax


def drawn(seed, count, *, sureness=1.0):
    """Return probabilities that are too sure by a factor on their logits, and labels drawn from the true ones."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(count, 4)) * 2
    labels = (logits + generator.gumbel(size=logits.shape)).argmax(axis=1)
    return softmax(logits * sureness), labels


@pytest.mark.parametrize(("sureness", "kind"), [(1.0, "believable"), (2.0, "too-sure"), (0.5, "too-unsure")])
def test_the_judgement_has_a_direction(sureness, kind):
    reliability = reliability_of(*drawn(3, 2000, sureness=sureness))
    assert reliability.kind == kind
    assert percent(reliability.confidence) in reliability.words
    assert percent(reliability.accuracy) in reliability.words
    assert ("too high" in reliability.words) == (kind == "too-sure")
    assert ("too low" in reliability.words) == (kind == "too-unsure")


def test_true_confidence_is_rarely_called_anything_else():
    kinds = [reliability_of(*drawn(seed, 60)).kind for seed in range(400)]
    assert 365 <= kinds.count("believable") <= 395  # 95 of 100


def test_what_chance_makes_of_the_calibration_error_is_about_what_it_does():
    measured = [expected_calibration_error(*drawn(seed, 100), bins=10) for seed in range(100)]
    reckoned = [reliability_of(*drawn(seed, 100)).chance_error for seed in range(100)]
    assert np.mean(measured) == pytest.approx(np.mean(reckoned), rel=0.1)


def test_every_answer_is_in_one_bin_with_its_interval():
    table = np.array([[0.55, 0.45], [0.6, 0.4], [0.95, 0.05], [1.0, 0.0]])
    first, second = reliability_of(table, [0, 1, 0, 0]).bins
    assert (first.count, first.accuracy, first.confidence) == (2, 0.5, pytest.approx(0.575))
    assert (second.count, second.accuracy, second.confidence) == (2, 1.0, pytest.approx(0.975))
    assert first.interval == wilson_interval(1, 2)


def test_one_wrong_answer_among_certain_ones_is_too_sure():
    assert reliability_of(np.tile([1.0, 0.0], (50, 1)), [0] * 49 + [1]).kind == "too-sure"
    assert reliability_of(np.tile([1.0, 0.0], (50, 1)), [0] * 50).kind == "believable"


def test_the_drawing_has_a_dot_a_bin_and_the_same_bytes_again():
    reliability = reliability_of(*drawn(2, 500))
    svg = reliability_svg(reliability)
    assert svg == reliability_svg(reliability)
    assert "as sure as right" in svg
    assert len(re.findall("var\\(--accent\\)", svg)) >= len(reliability.bins)
