"""Same or different: rates against other implementations and slow plain ones, intervals against a simulation."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from sightline.evaluation.similarity.verification import equal_error, verification_of


def clusters(classes, *, count=10, noise=0.5, seed=0):
    """Return unit vectors around class means, and their labels."""
    generator = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), count)
    points = generator.normal(size=(classes, 8))[labels] + noise * generator.normal(size=(len(labels), 8))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32), labels


def measured_of(samples):
    """Return the rates of samples whose classes belong to nothing."""
    embeddings, labels = samples
    return verification_of(embeddings, labels, labels)


def all_pairs(embeddings, labels):
    first, second = np.triu_indices(len(labels), k=1)
    distances = np.linalg.norm(embeddings[first].astype(float) - embeddings[second].astype(float), axis=1)
    return distances, labels[first] == labels[second]


@pytest.fixture(scope="module")
def measured():
    embeddings, labels = clusters(20, noise=1.0)
    return verification_of(embeddings, labels, labels), *all_pairs(embeddings, labels)


def test_the_area_is_that_of_scikit_learn(measured):
    verification, distances, alike = measured
    assert verification.area == pytest.approx(roc_auc_score(alike, -distances), abs=1e-6)
    assert (verification.like, verification.unlike) == (alike.sum(), (~alike).sum())


def test_the_equal_error_is_where_the_curve_of_scikit_learn_crosses_the_diagonal(measured):
    verification, distances, alike = measured
    false, true, _ = roc_curve(alike, -distances, drop_intermediate=False)
    place = np.abs(1 - true - false).argmin()
    assert verification.equal_error == pytest.approx((1 - true[place] + false[place]) / 2, abs=2e-3)


def test_at_a_threshold_no_more_unlike_pairs_are_let_in_than_stated_and_as_many_like_ones_as_counted(measured):
    verification, distances, alike = measured
    for one in verification.accepted:
        let_in = distances[~alike] <= one.distance + 1e-9
        assert let_in.mean() <= one.false_rate
        assert one.true_rate == pytest.approx((distances[alike] <= one.distance + 1e-9).mean(), abs=1e-3)


def test_every_figure_lies_in_its_interval(measured):
    verification = measured[0]
    pairs = [
        (verification.equal_error, verification.equal_error_interval),
        (verification.area, verification.area_interval),
        *((one.true_rate, one.interval) for one in verification.accepted),
    ]
    assert all(low <= figure <= high for figure, (low, high) in pairs)


def test_intervals_over_classes_hold_what_many_classes_show():
    truth = measured_of(clusters(80, count=20, noise=1.0, seed=99)).equal_error
    intervals = [measured_of(clusters(15, noise=1.0, seed=seed)).equal_error_interval for seed in range(8)]
    assert sum(low <= truth <= high for low, high in intervals) >= 6


def test_classes_of_one_group_are_drawn_together():
    embeddings, labels = clusters(20, noise=1.0)
    alone, grouped = (verification_of(embeddings, labels, each) for each in (labels, labels // 5))
    assert (alone.groups, grouped.groups) == (0, 4)
    assert (alone.equal_error, alone.area) == (grouped.equal_error, grouped.area)
    widths = [high - low for low, high in (alone.area_interval, grouped.area_interval)]
    assert widths[1] > widths[0]


def test_a_hand_can_find_the_equal_error():
    assert equal_error(np.array([0.1, 0.2, 0.3, 0.9]), np.array([0.25, 1.0, 1.1, 1.2])) == (0.25, 0.3)


def test_classes_that_lie_apart_are_told_apart_without_error():
    verification = measured_of(clusters(6, noise=0.01))
    assert (verification.equal_error, verification.area) == (0, 1)
    assert verification.curve[-1] == (1.0, 1.0)


@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 2], [0, 0, 1]])
def test_too_few_classes_with_two_samples_have_no_rates(labels):
    assert measured_of((np.eye(3, dtype=np.float32), np.array(labels))) is None
