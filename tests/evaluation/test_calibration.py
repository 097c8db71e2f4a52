import json

import numpy as np
import pytest

from sightline.evaluation.calibration import Calibration, calibrate
from sightline.evaluation.prediction_sets import SetRule, coverage, set_threshold
from sightline.evaluation.temperature import softmax
from sightline.evaluation.trust.calibration_error import expected_calibration_error
from sightline.evaluation.trust.calibration_set import APART, CHOOSING, CalibrationSet, meaning_of


def test_calibrating_lowers_the_error_on_other_pictures(drawn):
    logits, labels = drawn(1, 4000, sureness=3)
    calibration = calibrate(logits[:2000], labels[:2000])
    before, after = softmax(logits[2000:]), softmax(calibration.factor * logits[2000:])
    errors = [expected_calibration_error(one, labels[2000:]) for one in (before, after)]
    assert errors[0] > 0.15
    assert errors[1] < 0.05
    assert coverage(after, labels[2000:], calibration.rule(5)).covered == pytest.approx(0.9, abs=0.03)
    assert (calibration.level, calibration.count) == (0.9, 2000)


def test_a_calibration_survives_strict_json(drawn):
    logits, labels = drawn(2, 30)
    calibration = calibrate(logits, labels, level=0.8)
    assert Calibration.of_json(json.loads(json.dumps(calibration.as_json(), allow_nan=False))) == calibration
    assert (calibration.level, calibration.threshold) == (
        0.8,
        set_threshold(softmax(calibration.factor * logits), labels, 0.8),
    )


SOUND = {"factor": 1.5, "level": 0.9, "threshold": 0.2, "count": 100}

WRONG = {
    "factor": [None, "1", True, [1.5], np.nan, np.inf, -np.inf, 0, -1.5, 1e-300, 1e300, 10**400],
    "level": [None, "0.9", False, np.nan, 0, 1, 1.0, -0.1, 90, 10**400],
    "threshold": [None, "0", True, {}, np.nan, -1e-9, 1.0001, np.inf, 10**400],
    "count": [None, "9", True, 0, -1, 5.0, np.nan, 10**400],
    "origin": [None, 7, [], {}, "the moon"],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_a_calibration_with_an_impossible_value_is_refused(key, value):
    Calibration.of_json(SOUND)
    with pytest.raises(ValueError, match="calibration"):
        Calibration.of_json(SOUND | {key: value})


@pytest.mark.parametrize("value", [None, [], 7, "x", {}, {key: SOUND[key] for key in ("factor", "level", "count")}])
def test_what_is_no_calibration_is_refused(value):
    with pytest.raises(ValueError, match="expected factor"):
        Calibration.of_json(value)


def test_what_a_newer_version_says_besides_is_passed_over():
    assert Calibration.of_json(SOUND | {"more": 1}) == Calibration(1.5, 0.9, 0.2, 100)


def test_a_promise_says_how_many_pictures_it_stands_on_and_what_they_chose():
    apart = meaning_of(SetRule("lac", 0.95, np.array([-0.3, -0.2]), by_class=2), count=500, origin=APART)
    assert "95.0" in apart
    assert "in each class" in apart
    assert "500 pictures of a part of their own, which chose nothing" in apart
    assert "nominal" in meaning_of(SetRule("lac", 0.9, np.array([-0.3, -0.2])), count=30, origin=CHOOSING)
    assert "too few" in meaning_of(SetRule("lac", 0.9, np.full(2, np.inf)), count=8, origin=APART)


def test_answers_to_calibrate_on_that_are_no_probabilities_are_refused():
    with pytest.raises(ValueError, match="must lie in 0 to 1"):
        CalibrationSet(np.array([[2.0, 0.0]], np.float32), np.array([0]))
