"""Linear classifiers against scikit-learn's, by the value of the objective that both make small."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from sightline.classical.features import Features
from sightline.classical.plan import Plan
from sightline.classical.shallow import linear, losses
from sightline.classical.shallow.linear import SHARES, minimised, nothing_learnt

PLAN = Plan(("hog",))
STRENGTHS = (0.1, 0.01)


def mean_loss(loss, scores, labels):
    if loss is losses.hinge:  # as it is without rounding
        signs = np.where(labels[:, None] == np.arange(scores.shape[1]), 1, -1)
        return np.maximum(0, 1 - signs * scores).sum(axis=1).mean()
    return loss(scores, labels)[0].mean()


def objective(features, loss, strength, weights, bias, *, penalty="l2"):
    cost = np.abs(weights).sum() if penalty == "l1" else np.square(weights).sum() / 2
    scores = features.rows(slice(None)).numpy().astype(np.float64) @ weights + bias
    return mean_loss(loss, scores, features.labels) + strength * cost


def theirs(features, loss, strength, *, penalty="l2"):
    """Return the weights and the bias that scikit-learn finds."""
    C = 1 / (strength * len(features))
    if loss is losses.logistic:
        ratio = {"l1": 1, "l2": 0}[penalty]
        machine = LogisticRegression(C=C, l1_ratio=ratio, solver="saga" if ratio else "lbfgs", tol=1e-3, max_iter=2000)
    else:
        name = "hinge" if loss is losses.hinge else "squared_hinge"
        machine = LinearSVC(
            C=C, loss=name, penalty=penalty, dual=loss is losses.hinge, intercept_scaling=10, max_iter=20_000
        )
    machine.fit(features.rows(slice(None)).numpy().astype(np.float64), features.labels)
    return machine.coef_.T, machine.intercept_


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize(
    ("loss", "above"), [(losses.squared_hinge, 1e-3), (losses.logistic, 1e-4), (losses.hinge, 1e-2)]
)
def test_the_objective_is_as_small_as_scikit_learn_makes_it(loss, above, strength, digits):
    training, _ = digits
    solution = minimised(training, loss, penalty="l2", strength=strength, start=nothing_learnt(training))
    ours = objective(training, loss, strength, solution.weights, solution.bias)
    assert ours <= objective(training, loss, strength, *theirs(training, loss, strength)) * (1 + above)
    assert solution.objective == pytest.approx(ours, rel=1e-4 if loss is not losses.hinge else 2e-2)


@pytest.mark.parametrize("loss", [losses.squared_hinge, losses.logistic])
def test_l1_gives_exact_zeros_and_an_objective_as_small_as_scikit_learn_makes_it(loss, digits):
    training, _ = digits
    solution = minimised(training, loss, penalty="l1", strength=0.01, start=nothing_learnt(training))
    expected = theirs(training, loss, 0.01, penalty="l1")
    ours = objective(training, loss, 0.01, solution.weights, solution.bias, penalty="l1")
    assert ours <= objective(training, loss, 0.01, *expected, penalty="l1") * (1 + 1e-3)
    assert np.mean(solution.weights == 0) == pytest.approx(np.mean(np.abs(expected[0]) < 1e-4), abs=0.05)
    assert 0.4 < np.mean(solution.weights == 0) < 0.95


@pytest.mark.parametrize("penalty", ["l1", "l2"])
@pytest.mark.parametrize("loss", [losses.squared_hinge, losses.hinge, losses.multiclass_hinge, losses.logistic])
def test_no_small_step_from_the_end_leads_lower(loss, penalty, digits):
    training, _ = digits
    solution = minimised(training, loss, penalty=penalty, strength=0.01, start=nothing_learnt(training))
    chance = np.random.default_rng(0)

    def value(weights):
        mean, *_ = training.descent(weights.astype(np.float32), solution.bias, loss)
        return mean + 0.01 * (np.abs(weights).sum() if penalty == "l1" else np.square(weights).sum() / 2)

    lowest = min(value(solution.weights + 0.003 * chance.normal(size=solution.weights.shape)) for _ in range(10))
    assert lowest > solution.objective * (1 - 1e-5)


def test_the_strongest_l1_penalty_that_is_tried_leaves_few_weights_and_a_stronger_one_none(digits):
    training, _ = digits
    start = nothing_learnt(training)
    first = next(linear._strengths(losses.logistic, training, "l1"))  # noqa: SLF001 - its scale is the point
    few, none = (
        minimised(training, losses.logistic, penalty="l1", strength=strength, start=start).weights
        for strength in (first, first / SHARES["l1"][0] * 1.1)
    )
    assert 0 < np.mean(few != 0) < 0.2
    assert (none == 0).all()


def test_the_strengths_of_l2_suit_any_number_and_scale_of_features(digits, features_of):
    training, validation = digits
    thrice = [features_of(7 * np.tile(part.values, (1, 3)), part.labels, classes=10) for part in (training, validation)]
    thrice[1] = features_of(thrice[1].values, thrice[1].labels, like=thrice[0])
    once = linear.logistic(*digits, PLAN, seed=0)
    more = linear.logistic(*thrice, PLAN, seed=0)
    assert [trial.validation_accuracy for trial in more.trials] == pytest.approx(
        [trial.validation_accuracy for trial in once.trials], abs=0.011
    )


def test_strengths_are_tried_from_strong_to_weak_and_a_given_one_alone(digits):
    fitted = linear.squared_hinge(*digits, PLAN, seed=0)
    strengths = [trial.value for trial in fitted.trials]
    assert fitted.what == "strength"
    assert strengths == sorted(strengths, reverse=True)
    assert 0 < fitted.chosen < len(strengths) - 1
    single = linear.squared_hinge(*digits, Plan(("hog",), strength=0.25), seed=0)
    assert [trial.value for trial in single.trials] == [0.25]


def test_a_search_that_ran_out_of_passes_is_told(digits, monkeypatch):
    plan = Plan(("hog",), strength=0.01)
    assert not linear.squared_hinge(*digits, plan, seed=0).remarks
    monkeypatch.setattr(linear, "MOST_PASSES", 3)
    (remark,) = linear.squared_hinge(*digits, plan, seed=0).remarks
    assert "3 passes at strength = 0.01" in remark


def test_the_bias_is_not_penalised(features_of):
    one_sided = features_of(np.random.default_rng(0).normal(size=(300, 4)), np.arange(300) % 10 == 0, classes=2)
    solution = minimised(one_sided, losses.logistic, penalty="l2", strength=100, start=nothing_learnt(one_sided))
    assert solution.bias[0] - solution.bias[1] == pytest.approx(np.log(9), rel=1e-2)
    assert np.abs(solution.weights).max() < 1e-2


def test_steering_by_the_covariance_finds_the_same_place_in_fewer_passes():
    chance = np.random.default_rng(0)
    labels = np.arange(400) % 4
    values = (chance.normal(0, 1, (400, 60)) + np.eye(60)[labels]) @ chance.normal(0, 1, (60, 60)) ** 3  # stretched
    features = Features(values.astype(np.float32), labels, np.zeros(60, np.float32), np.ones(60, np.float32), 4)
    passes = []

    def counted(*arguments):
        passes.append(1)
        return losses.squared_hinge(*arguments)

    def solved(covariance):
        passes.clear()
        start = nothing_learnt(features)
        answer = minimised(features, counted, penalty="l2", strength=0.1, start=start, covariance=covariance)
        return answer.objective, len(passes)

    (plain, slow), (steered, quick) = solved(None), solved(features.gram())
    assert steered == pytest.approx(plain, rel=1e-3)
    assert quick < 0.3 * slow


def test_the_covariance_is_that_of_the_standardised_rows(digits):
    rows = digits[0].rows(slice(None)).numpy()
    np.testing.assert_allclose(digits[0].gram().numpy(), rows.T @ rows / len(rows), atol=1e-4)


def test_a_covariance_without_full_rank_is_factored_too():
    rows = np.random.default_rng(0).normal(0, 1, (5, 40)).astype(np.float32)
    features = Features(rows, np.arange(5) % 2, np.zeros(40, np.float32), np.ones(40, np.float32), 2)
    covariance = features.gram()
    before = covariance.clone()
    start = nothing_learnt(features)
    solution = minimised(
        features, losses.squared_hinge, penalty="l2", strength=1e-12, start=start, covariance=covariance
    )
    assert np.isfinite(solution.weights).all()
    assert solution.objective < 1e-3
    assert torch.equal(covariance, before)
