"""Whether new pictures are told from known ones: by made-up features of a known distribution."""

import numpy as np
import pytest

from sightline.evaluation.trust.drift import DriftReference, drift_of


def features(count, *, seed, shift=0.0, scale=1.0):
    """Return (count, 40) features along whose first directions pictures differ most."""
    random = np.random.default_rng(seed)
    some = random.normal(size=(count, 40)) * np.linspace(3, 0.1, 40)
    return (scale * some + shift * np.eye(40)[2]).astype(np.float32)


@pytest.fixture(scope="module")
def reference():
    return DriftReference.fitted(features(300, seed=0), features(200, seed=1))


def looked_at(reference, count, seed, **changes):
    return drift_of(reference, reference.along(features(count, seed=seed, **changes)))


def test_pictures_of_the_same_kind_are_called_drifted_in_few_cases(reference):
    alarms = [looked_at(reference, 120, seed).has_drifted for seed in range(10, 60)]
    assert sum(alarms) <= 2


@pytest.mark.parametrize("changes", [{"shift": 4.0}, {"scale": 2.0}])
def test_another_place_and_another_spread_are_drift(reference, changes):
    drift = looked_at(reference, 120, 5, **changes)
    assert drift.has_drifted
    assert drift.accuracy > 0.7
    assert "no longer look like" in drift.words


def test_of_a_few_pictures_nothing_is_said(reference):
    assert looked_at(reference, 29, 5, shift=9.0) is None
    assert looked_at(reference, 30, 5, shift=9.0).interval[0] > 0.5


def test_pictures_that_are_all_the_same_can_be_asked_about():
    flat = np.ones((40, 8), np.float32)
    reference = DriftReference.fitted(flat, flat)
    drift = drift_of(reference, reference.along(flat))
    assert np.isfinite(drift.accuracy)
    assert not drift.has_drifted
