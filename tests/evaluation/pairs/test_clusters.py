"""Which samples resemble each other, and what a share of them says of others."""

import numpy as np
import pytest
from scipy.stats import t

from sightline.core.intervals import wilson_interval
from sightline.evaluation.pairs.clusters import _student_quantile, clustered_interval, clusters_of, interval_of


def test_a_class_without_a_group_is_a_cluster_of_its_own_beside_groups():
    clusters = clusters_of([7, 7, 3, 4, 5, 6], ["a", "a", "", "a", "b", ""]).tolist()
    assert clusters[0] == clusters[1] == clusters[3]
    assert len({*clusters}) == 4


def test_samples_that_do_not_come_in_classes_have_the_interval_of_so_many():
    generator = np.random.default_rng(2)
    hits = generator.random(4000) < 0.3
    classes = generator.integers(0, 200, 4000)
    np.testing.assert_allclose(clustered_interval(hits, classes), wilson_interval(hits.sum(), 4000), atol=0.005)


def test_whole_classes_that_go_together_count_once_each():
    classes = np.repeat(np.arange(20), 50)
    low, high = clustered_interval(classes < 5, classes)
    np.testing.assert_allclose((low, high), wilson_interval(5, 20), atol=0.03)


def test_where_no_sample_differs_each_class_counts_as_one_and_one_class_says_nothing():
    assert clustered_interval(np.zeros(100), np.repeat(np.arange(10), 10)) == wilson_interval(0, 10)
    assert clustered_interval([1, 0, 1], [4, 4, 4]) == (0, 1)


@pytest.mark.parametrize("degrees", [3, 4, 9, 30, 1000])
def test_the_quantile_is_scipy_s(degrees):
    assert _student_quantile(degrees) == pytest.approx(t.ppf(0.975, degrees), rel=0.01)


def test_clusters_drawn_anew_give_the_interval_that_their_shares_give():
    generator = np.random.default_rng(3)
    shares = generator.beta(2, 5, 12)
    hits = (generator.random((12, 50)) < shares[:, None]).ravel()
    drawn = generator.choice(hits.reshape(12, 50).mean(axis=1), (4000, 12)).mean(axis=1)
    found = interval_of(float(hits.mean()), float(drawn.var()), clusters=12, samples=600)
    np.testing.assert_allclose(found, clustered_interval(hits, np.repeat(np.arange(12), 50)), atol=0.01)


@pytest.mark.parametrize("clusters", [4, 8])
def test_few_clusters_hold_the_truth_as_often_as_an_interval_should(clusters):
    generator, held = np.random.default_rng(4), 0
    for _ in range(400):
        shares = generator.beta(3, 9, clusters)
        low, high = clustered_interval(
            generator.random((clusters, 40)).ravel() < np.repeat(shares, 40), np.repeat(np.arange(clusters), 40)
        )
        held += low <= 0.25 <= high
    assert held >= 0.93 * 400
