import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from sightline.evaluation.temperature import FACTORS, fitted_temperature, softmax


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
