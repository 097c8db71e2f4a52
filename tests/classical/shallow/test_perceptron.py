import numpy as np

from sightline.classical.plan import Plan
from sightline.classical.shallow import perceptron as module
from sightline.classical.shallow.perceptron import perceptron

PLAN = Plan(("hog",))


def plainly(training, passes, seed):
    """Return weights and bias averaged over all looks, added up one by one."""
    chance = np.random.default_rng(seed)
    rows = np.hstack([training.rows(slice(None)).numpy().astype(np.float64), np.ones((len(training), 1))])
    weights = np.zeros((training.classes, rows.shape[1]))
    total = np.zeros_like(weights)
    for _ in range(passes):
        for place in chance.permutation(len(training)):
            guess, label = (weights @ rows[place]).argmax(), training.labels[place]
            weights[label] += rows[place] * (guess != label)
            weights[guess] -= rows[place] * (guess != label)
            total += weights
    return total / (passes * len(training))


def test_it_is_the_mean_of_all_weights_on_the_way(digits):
    fitted = perceptron(*digits, PLAN, seed=5)
    expected = plainly(digits[0], fitted.trials[fitted.chosen].value, 5)
    np.testing.assert_allclose(fitted.scores.weights, expected[:, :-1].T, atol=1e-3)
    np.testing.assert_allclose(fitted.scores.bias, expected[:, -1], atol=1e-3)


def test_pictures_that_lines_part_end_without_a_mistake(features_of):
    values = np.random.default_rng(0).normal(size=(400, 5))
    scores = values @ np.random.default_rng(1).normal(size=(5, 3))
    first, second = np.sort(scores, axis=1)[:, -1:-3:-1].T
    apart = first - second > 0.2
    part = features_of(values[apart], scores[apart].argmax(axis=1))
    trials = perceptron(part, part, PLAN, seed=0).trials
    assert trials[0].training_accuracy < 1
    assert trials[-1].training_accuracy == 1
    assert len(trials) < module.MOST_PASSES


def test_the_best_pass_is_kept(digits):
    fitted = perceptron(*digits, PLAN, seed=0)
    shares = [trial.validation_accuracy for trial in fitted.trials]
    assert fitted.chosen == shares.index(max(shares))
    assert [trial.value for trial in fitted.trials] == list(range(1, len(shares) + 1))
    assert max(shares) > 0.85


def test_the_seed_decides_the_order(digits):
    one, other = (perceptron(*digits, PLAN, seed=seed).scores.weights for seed in (0, 1))
    assert not np.array_equal(one, other)


def test_fewer_passes_than_usual_are_told(digits, monkeypatch):
    products_a_pass = 400 * 64 * (module.ROWS_A_PIECE + 3 * 10)
    monkeypatch.setattr(module, "MOST_PRODUCTS", 3.5 * products_a_pass)
    fitted = perceptron(*digits, PLAN, seed=0)
    assert len(fitted.trials) == 3
    assert "400 training pictures 3 times" in fitted.remarks[0]
