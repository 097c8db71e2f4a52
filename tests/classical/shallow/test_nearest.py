import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid

from sightline.classical.features import Features
from sightline.classical.plan import Plan
from sightline.classical.shallow import nearest
from sightline.classical.shallow.nearest import COUNTS, nearest_mean, neighbours

PLAN = Plan(("hog",))


def rows_of(part):
    return part.rows(slice(None)).numpy()


def answers(fitted, part):
    return fitted.scores(part.rows(slice(None))).numpy()


def test_the_nearest_mean_is_scikit_learn_s(digits, features_of):
    training, validation = digits
    noise = np.random.default_rng(0).normal(0, 0.1, training.values.shape)  # scikit-learn warns of constant features
    training = features_of(training.values + noise, training.labels)
    validation = features_of(validation.values, validation.labels, like=training)
    expected = NearestCentroid().fit(rows_of(training), training.labels).predict(rows_of(validation))
    np.testing.assert_array_equal(
        answers(nearest_mean(training, validation, PLAN, seed=0), validation).argmax(axis=1), expected
    )


def test_its_scores_differ_as_squared_distances_do(digits):
    training, validation = digits
    means = np.stack([rows_of(training)[training.labels == label].mean(axis=0) for label in range(10)])
    distances = np.square(rows_of(validation)[:, None] - means).sum(axis=2)
    scores = answers(nearest_mean(*digits, PLAN, seed=0), validation)
    np.testing.assert_allclose(scores - scores[:, :1], distances[:, :1] - distances, atol=1e-3)


@pytest.mark.parametrize("count", [1, 4, 15])
def test_the_neighbours_are_scikit_learn_s(count, digits):
    training, validation = digits
    expected = KNeighborsClassifier(count).fit(rows_of(training), training.labels).predict_proba(rows_of(validation))
    scores = answers(neighbours(*digits, Plan(("hog",), neighbours=count), seed=0), validation)
    np.testing.assert_allclose(np.exp(scores), (count * expected + 1) / (count + 10), atol=1e-6)


def test_the_number_of_neighbours_is_chosen_on_the_validation_part(digits):
    fitted = neighbours(*digits, PLAN, seed=0)
    trial = fitted.trials[fitted.chosen]
    assert fitted.what == "neighbours"
    assert [one.value for one in fitted.trials] == list(COUNTS[: len(fitted.trials)])
    assert trial.validation_accuracy == max(one.validation_accuracy for one in fitted.trials)
    for part, share in zip(digits, (trial.training_accuracy, trial.validation_accuracy), strict=True):
        assert np.mean(answers(fitted, part).argmax(axis=1) == part.labels) == pytest.approx(share)


def test_of_many_pictures_some_of_each_class_are_kept_and_told(features_of, monkeypatch):
    monkeypatch.setattr(nearest, "MOST_SUPPORTS", 30)
    labels = np.repeat([0, 1, 2], [200, 99, 1])
    part = features_of(np.random.default_rng(0).normal(size=(300, 4)), labels)
    fitted = neighbours(part, part, PLAN, seed=0)
    np.testing.assert_allclose(fitted.scores.owners.sum(dim=0), [19.5, 9.5, 1], atol=0.5)
    assert fitted.remarks == ("30 of 300 training pictures are kept as possible neighbours",)
    others = neighbours(part, part, PLAN, seed=1).scores.supports
    assert not torch.equal(fitted.scores.supports, others)


def test_more_neighbours_than_pictures_are_told(features_of):
    part = features_of([[0.0], [1.0], [2.0]], [0, 1, 1])
    fitted = neighbours(part, part, Plan(("hog",), neighbours=5), seed=0)
    np.testing.assert_allclose(np.exp(answers(fitted, part)), [[2 / 5, 3 / 5]] * 3, rtol=1e-6)
    assert "neighbours = 5 is more than the 3 training pictures" in fitted.remarks[0]


def test_equally_near_pictures_all_vote():
    values = np.tile(np.arange(4, dtype=np.float32).repeat(3)[:, None], (4, 1))  # twelve copies of four points
    labels = np.random.default_rng(0).integers(0, 2, len(values))
    part = Features(values, labels, np.zeros(1, np.float32), np.ones(1, np.float32), 2)
    scores = neighbours(part, part, Plan(("top-colours",), neighbours=1), seed=0).scores
    shares = scores(part.rows(slice(None))).exp().numpy()
    for point in range(4):
        own = labels[values[:, 0] == point]
        expected = (1 + np.bincount(own, minlength=2)) / (len(own) + 2)
        np.testing.assert_allclose(shares[values[:, 0] == point], np.tile(expected, (len(own), 1)), rtol=1e-5)
