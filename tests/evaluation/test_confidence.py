import numpy as np
import pytest

from sightline.core.intervals import wilson_interval
from sightline.evaluation.calibration import Calibration, calibrate
from sightline.evaluation.confidence import confidence_of
from sightline.evaluation.prediction_sets import coverage
from sightline.evaluation.report.confidence import ConfidenceWorth
from sightline.evaluation.temperature import softmax
from sightline.evaluation.trust.calibration_error import (
    brier_score,
    debiased_calibration_error,
    expected_calibration_error,
)


def test_the_calibration_error_is_the_slow_one(drawn):
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


def test_confidence_is_measured_and_told_in_words():
    chance = np.random.default_rng(0)
    labels = chance.integers(0, 3, 400)
    logits = chance.normal(0, 1, (400, 3)) + 2 * np.eye(3)[labels]
    calibration = calibrate(logits[:200], labels[:200])
    probabilities = softmax(calibration.factor * logits[200:])
    confidence = confidence_of(calibration, calibration.rule(3), probabilities, labels[200:])
    assert confidence.coverage == coverage(probabilities, labels[200:], calibration.rule(3))
    assert confidence.as_json()["set_covered"] == pytest.approx(0.9, abs=0.06)
    assert f"{100 * confidence.error:.1f} points apart" in confidence.words
    assert ("stands alone" in confidence.words) == bool(confidence.coverage.empty)
    assert confidence.as_json()["calibration"] == calibration.as_json()


def promised(covered, count, level=0.9):
    """Return what so many covered pictures of so many say of a promise."""
    table = np.tile([0.8, 0.2], (count, 1))
    labels = np.where(np.arange(count) < covered, 0, 1)
    calibration = Calibration(1.0, level, 0.5, 100)
    return confidence_of(calibration, calibration.rule(2), table, labels)


@pytest.mark.parametrize(
    ("covered", "count", "promise"),
    [(18, 20, "kept"), (20, 20, "kept"), (17, 20, "missed-by-chance"), (170, 200, "broken"), (0, 20, "broken")],
)
def test_coverage_below_its_promise_is_told_from_chance(covered, count, promise):
    confidence = promised(covered, count)
    assert confidence.promise == promise
    assert confidence.covered_interval == wilson_interval(covered, count)
    assert ("as meant" in confidence.sets_words) == (promise == "kept")
    assert ("do not rely on them" in confidence.sets_words) == (promise == "broken")
    assert confidence.as_json()["set_promise"] == promise


def test_the_report_marks_a_broken_promise_and_explains_sets_in_a_sentence():
    for covered, mark in ((190, None), (179, "warning"), (150, "error")):
        html = ConfidenceWorth(promised(covered, 200)).html()
        assert ('class="finding' in html) == (mark is not None)
        assert mark is None or f'class="finding {mark}"' in html
        assert "one class is a sure answer, several are a doubt" in html
        assert "<svg" in html


def test_a_set_of_all_classes_is_said_to_be_that():
    calibration = Calibration(1.0, 0.9, 0.0, 8)
    confidence = confidence_of(calibration, calibration.rule(2), [[0.8, 0.2]], [0])
    assert "always all classes" in confidence.sets_meaning


def test_true_confidences_have_no_debiased_error_however_few_they_are(drawn):
    logits, labels = drawn(7, 300)
    probabilities = softmax(logits)
    plain, debiased = (
        expected_calibration_error(probabilities, labels),
        debiased_calibration_error(probabilities, labels),
    )
    assert plain > 0.025
    assert debiased.interval[0] == 0
    assert debiased.interval[0] <= debiased.value <= debiased.interval[1]


def test_an_error_that_is_there_is_not_debiased_away(drawn):
    logits, labels = drawn(8, 4000, sureness=3)
    probabilities = softmax(logits)
    plain = expected_calibration_error(probabilities, labels)
    debiased = debiased_calibration_error(probabilities, labels)
    assert plain < debiased.value < plain + 0.05  # a root mean square is larger than a mean
    assert debiased.interval[0] > 0.1


def test_the_brier_score_is_that_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    chance = np.random.default_rng(1)
    probabilities, labels = chance.dirichlet(np.ones(3), 50), chance.integers(0, 3, 50)
    ours = brier_score(probabilities, labels)
    assert ours.value == pytest.approx(
        metrics.brier_score_loss(labels, probabilities, labels=[0, 1, 2], scale_by_half=False)
    )
    assert ours.interval[0] < ours.value < ours.interval[1]
