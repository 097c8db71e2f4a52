import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.evaluation.prediction_sets import coverage, set_threshold
from sightline.evaluation.temperature import softmax


def drawn(seed, count, classes=5, *, sureness=1.0):
    """Return logits that are too large by `sureness`, and labels drawn from their true probabilities."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(count, classes)) * 2
    labels = (logits + generator.gumbel(size=logits.shape)).argmax(axis=1)  # a draw from their softmax
    return logits * sureness, labels


@given(st.integers(1, 60), st.floats(0.05, 0.95), st.integers(0, 9))
def test_the_threshold_is_the_highest_that_enough_true_classes_reach(count, level, seed):
    logits, labels = drawn(seed, count)
    probabilities = softmax(logits)
    own = probabilities[np.arange(count), labels]
    enough = np.ceil(round((count + 1) * level, 9))
    expected = max((share for share in own if (own >= share).sum() >= enough), default=0)
    assert set_threshold(probabilities, labels, level) == expected


@pytest.mark.parametrize(("count", "level"), [(9, 0.9), (19, 0.9), (49, 0.9), (9, 0.7)])
def test_new_pictures_are_covered_as_often_as_promised_however_few_calibrate(count, level):
    covered = []
    for seed in range(3000):
        logits, labels = drawn(seed, count + 20)
        probabilities = softmax(logits * 3)  # a model that is too sure is covered all the same
        threshold = set_threshold(probabilities[:count], labels[:count], level)
        covered.append(coverage(probabilities[count:], labels[count:], threshold).covered)
    assert np.mean(covered) == pytest.approx(level, abs=0.01)  # (count + 1) * level is whole: no more and no less


@pytest.mark.parametrize(("level", "fewest"), [(0.9, 9), (0.5, 1), (0.95, 19), (0.99, 99)])
def test_with_too_few_pictures_every_class_is_let_in(level, fewest):
    probabilities = np.tile([0.6, 0.4], (fewest, 1))
    assert set_threshold(probabilities, np.zeros(fewest, int), level) == 0.6
    if fewest > 1:
        assert set_threshold(probabilities[1:], np.zeros(fewest - 1, int), level) == 0


def test_sets_are_counted_by_what_they_hold():
    probabilities = np.array([[0.7, 0.3, 0.0], [0.5, 0.5, 0.0], [0.4, 0.3, 0.3], [0.1, 0.1, 0.8]], np.float32)
    assert coverage(probabilities, [1, 1, 0, 2], 0.5) == (0.5, 1.0, 0.25)
    assert coverage(probabilities, [1, 1, 0, 2], 0.0) == (1.0, 3.0, 0.0)


@pytest.mark.parametrize("level", [0, 1, -0.5, np.nan])
def test_a_level_that_is_no_share_is_refused(level):
    with pytest.raises(ValueError, match="level"):
        set_threshold([[0.5, 0.5]], [0], level)
