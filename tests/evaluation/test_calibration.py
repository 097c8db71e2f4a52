import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from sightline.evaluation.calibration import (
    FACTORS,
    Calibration,
    calibrate,
    confidence_of,
    coverage,
    expected_calibration_error,
    fitted_temperature,
    set_threshold,
    softmax,
)


def drawn(seed, count, classes=5, *, sureness=1.0):
    """Return logits that are too large by `sureness`, and labels drawn from their true probabilities."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(count, classes)) * 2
    labels = (logits + generator.gumbel(size=logits.shape)).argmax(axis=1)  # a draw from their softmax
    return logits * sureness, labels


@pytest.mark.parametrize("sureness", [0.02, 0.5, 1.0, 4.0, 300.0])
def test_the_factor_undoes_what_logits_are_too_large_or_too_small_by(sureness):
    logits, labels = drawn(0, 20_000, sureness=sureness)
    assert fitted_temperature(logits, labels) * sureness == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize(("seed", "count", "classes"), [(0, 300, 5), (1, 20, 2), (2, 3, 10), (3, 1, 3)])
def test_the_factor_has_the_smallest_loss_against_smoothed_targets(seed, count, classes):
    logits, labels = drawn(seed, count, classes)
    targets = np.full((count, classes), 1 / (count + 2) / (classes - 1))
    targets[np.arange(count), labels] = (count + 1) / (count + 2)

    def loss(log_factor):
        return -(targets * log_softmax(np.exp(log_factor) * logits, axis=1)).sum(axis=1).mean()

    expected = minimize_scalar(loss, bounds=np.log(FACTORS), method="bounded", options={"xatol": 1e-9}).x
    assert np.log(fitted_temperature(logits, labels)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("count", [1, 5, 500])
@pytest.mark.parametrize("margin", [0.1, 30.0])
def test_where_all_are_right_confidence_is_that_of_the_rule_of_succession(count, margin):
    logits, labels = np.eye(4)[np.arange(count) % 4] * margin, np.arange(count) % 4
    sure = softmax(fitted_temperature(logits, labels) * logits).max(axis=1)
    np.testing.assert_allclose(sure, (count + 1) / (count + 2), atol=1e-5)


def test_a_model_that_knows_nothing_is_left_without_confidence():
    logits, _ = drawn(0, 4000)
    labels = np.random.default_rng(1).integers(0, 5, 4000)
    sure = softmax(fitted_temperature(logits, labels) * logits).max(axis=1)
    assert sure.max() < 0.3


@pytest.mark.parametrize("logits", [np.zeros((4, 3)), np.full((4, 3), 7.5), np.zeros((4, 1)), np.array([[2.0]] * 4)])
def test_logits_that_tell_no_class_from_another_are_left_as_they_are(logits):
    assert fitted_temperature(logits, np.zeros(4, int)) == 1


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


def test_the_calibration_error_is_the_slow_one():
    logits, labels = drawn(5, 500, sureness=2)
    probabilities = softmax(logits)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    expected = 0.0
    for low in range(10):
        inside = (confidence > low / 10) & (confidence <= (low + 1) / 10)
        if inside.any():
            expected += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert expected > 0.05
    assert expected_calibration_error(probabilities, labels, bins=10) == pytest.approx(expected)


@pytest.mark.parametrize(("labels", "error"), [([0, 0, 0, 1], 0.05), ([0, 0, 0, 0], 0.2), ([1, 1, 1, 1], 0.8)])
def test_the_calibration_error_is_the_gap_of_confidence_and_accuracy(labels, error):
    assert expected_calibration_error(np.tile([0.8, 0.2], (4, 1)), labels) == pytest.approx(error)


def test_bins_are_closed_above_and_too_sure_does_not_make_up_for_too_unsure():
    right_and_wrong = np.array([[0.5, 0.5], [0.6, 0.4]]), [0, 1]
    assert expected_calibration_error(*right_and_wrong, bins=2) == pytest.approx((0.5 + 0.6) / 2)


def test_sure_answers_stand_in_the_last_bin():
    assert expected_calibration_error([[1.0, 0.0], [0.0, 1.0]], [0, 0]) == pytest.approx(0.5)


def test_calibrating_lowers_the_error_on_other_pictures():
    logits, labels = drawn(1, 4000, sureness=3)
    found = calibrate(logits[:2000], labels[:2000])
    before, after = softmax(logits[2000:]), softmax(found.factor * logits[2000:])
    errors = [expected_calibration_error(one, labels[2000:]) for one in (before, after)]
    assert errors[0] > 0.15
    assert errors[1] < 0.05
    assert coverage(after, labels[2000:], found.threshold).covered == pytest.approx(0.9, abs=0.03)
    assert (found.level, found.count) == (0.9, 2000)


def test_a_calibration_survives_strict_json():
    logits, labels = drawn(2, 30)
    found = calibrate(logits, labels, level=0.8)
    assert Calibration.of_json(json.loads(json.dumps(found.as_json(), allow_nan=False))) == found
    assert (found.level, found.threshold) == (0.8, set_threshold(softmax(found.factor * logits), labels, 0.8))


SOUND = {"factor": 1.5, "level": 0.9, "threshold": 0.2, "count": 100}
WRONG = {
    "factor": [None, "1", True, [1.5], np.nan, np.inf, -np.inf, 0, -1.5, 1e-300, 1e300, 10**400],
    "level": [None, "0.9", False, np.nan, 0, 1, 1.0, -0.1, 90, 10**400],
    "threshold": [None, "0", True, {}, np.nan, -1e-9, 1.0001, np.inf, 10**400],
    "count": [None, "9", True, 0, -1, 5.0, np.nan, 10**400],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_a_calibration_with_an_impossible_value_is_refused(key, value):
    Calibration.of_json(SOUND)
    with pytest.raises(ValueError, match="calibration"):
        Calibration.of_json(SOUND | {key: value})


@pytest.mark.parametrize("said", [None, [], 7, "x", {}, {key: SOUND[key] for key in ("factor", "level", "count")}])
def test_what_is_no_calibration_is_refused(said):
    with pytest.raises(ValueError, match="expected factor"):
        Calibration.of_json(said)


def test_what_a_newer_version_says_besides_is_passed_over():
    assert Calibration.of_json(SOUND | {"more": 1}) == Calibration(1.5, 0.9, 0.2, 100)


@pytest.mark.parametrize(
    ("logits", "labels"),
    [
        (np.zeros((0, 2)), np.zeros(0, int)),
        (np.zeros((2, 2)), [0]),
        (np.zeros(2), [0, 1]),
        (np.zeros((2, 2)), [0, 2]),
        (np.zeros((2, 2)), [0.0, 1.0]),
        ([[0.0, np.nan]], [0]),
        ([[0.0, np.inf]], [0]),
    ],
)
def test_what_does_not_fit_is_refused(logits, labels):
    with pytest.raises(ValueError, match=r"must|nothing"):
        fitted_temperature(logits, labels)


@pytest.mark.parametrize("level", [0, 1, -0.5, np.nan])
def test_a_level_that_is_no_share_is_refused(level):
    with pytest.raises(ValueError, match="level"):
        set_threshold([[0.5, 0.5]], [0], level)


def test_an_empty_set_and_a_useless_one_are_put_into_words():
    assert "none reaches 20.0%" in Calibration.of_json(SOUND).refusal
    assert "90% of pictures" in Calibration.of_json(SOUND).meaning
    assert "8 pictures are too few" in Calibration(1.0, 0.9, 0.0, 8).meaning


def test_confidence_is_measured_and_told_in_words():
    chance = np.random.default_rng(0)
    labels = chance.integers(0, 3, 400)
    logits = chance.normal(0, 1, (400, 3)) + 2 * np.eye(3)[labels]
    calibration = calibrate(logits[:200], labels[:200])
    probabilities = softmax(calibration.factor * logits[200:])
    found = confidence_of(calibration, probabilities, labels[200:])
    assert found.coverage == coverage(probabilities, labels[200:], calibration.threshold)
    assert found.as_json()["set_covered"] == pytest.approx(0.9, abs=0.06)
    assert f"{100 * found.error:.1f} points apart" in found.words
    assert ("are empty" in found.words) == bool(found.coverage.empty)
    assert found.as_json()["calibration"] == calibration.as_json()
