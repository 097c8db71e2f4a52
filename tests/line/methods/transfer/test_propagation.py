"""Labels spread along what looks alike: against scikit-learn, a plain solution, and what is known of the answer."""

import numpy as np
import pytest
from sklearn.semi_supervised import LabelSpreading

from sightline.line.methods.transfer import propagation
from sightline.line.methods.transfer.propagation import (
    SPREAD,
    certainty,
    neighbour_graph,
    normalised,
    spread,
    spread_labels,
)


def clouds(count, *, seed=0, width=8, distance=4.0):
    """Return (3 count, width) features of three clouds, and their labels."""
    chance = np.random.default_rng(seed)
    labels = np.repeat(np.arange(3), count)
    features = distance * np.eye(3, width)[labels] + chance.normal(size=(len(labels), width))
    return features.astype(np.float32), labels


def test_the_solution_is_that_of_the_closed_form_and_of_scikit_learn():
    features, labels = clouds(20)
    graph = normalised(neighbour_graph(features))
    known = np.zeros((60, 3))
    known[::10, :][np.arange(6), labels[::10]] = 1

    ours = spread(graph, known)

    closed = (1 - SPREAD) * np.linalg.solve(np.eye(60) - SPREAD * graph.toarray(), known)
    np.testing.assert_allclose(ours, closed, atol=1e-6)
    raw = neighbour_graph(features).toarray()
    theirs = LabelSpreading(kernel=lambda *_: raw, alpha=SPREAD, max_iter=2_000, tol=1e-12)
    theirs.fit(features, np.where(np.arange(60) % 10 == 0, labels, -1))
    np.testing.assert_allclose(ours / ours.sum(axis=1, keepdims=True), theirs.label_distributions_, atol=1e-5)


def test_one_label_a_cloud_names_nearly_all_of_it():
    features, labels = clouds(60)
    first = np.array([0, 60, 120])
    others = np.setdiff1d(np.arange(180), first)
    found = spread_labels(features[first], labels[first], features[others], classes=3)
    sure = found.certain
    assert (found.labels == labels[others]).mean() > 0.95
    assert len(sure) > 100
    assert (found.labels[sure] == labels[others][sure]).mean() >= (found.labels == labels[others]).mean()


def test_the_graph_is_sparse_symmetric_and_binds_nothing_to_itself():
    features, _ = clouds(200)
    graph = neighbour_graph(features)
    assert graph.nnz <= 2 * len(features) * propagation.NEIGHBOURS
    assert abs(graph - graph.T).max() == 0
    assert graph.diagonal().max() == 0


def test_a_picture_that_nothing_reaches_is_a_mere_guess():
    assert certainty(np.array([[0.0, 0.0], [0.5, 0.5], [0.0, 0.2]])) == pytest.approx([0, 0, 1])


def test_identical_pictures_take_part():
    same = np.ones((12, 4), np.float32)
    found = spread_labels(same[:2], np.array([0, 1]), same[2:], classes=2)
    assert np.isfinite(found.certainty).all()
