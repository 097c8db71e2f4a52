"""A threshold for strangers: what it promises, and what the measured rate is worth."""

import numpy as np
import pytest
from scipy.stats import t

from sightline.evaluation.pairs.acceptance import _student_quantile, acceptance_at, clustered_interval, threshold_for
from sightline.evaluation.scores import wilson_interval


def test_a_new_stranger_is_let_in_as_often_as_was_stated():
    generator = np.random.default_rng(0)
    let_in = [generator.random() <= threshold_for(0.1, generator.random(49)) for _ in range(4000)]
    assert np.mean(let_in) == pytest.approx(0.1, abs=0.015)


def test_equal_distances_are_all_let_in_or_none():
    assert threshold_for(0.5, [0.2, 0.4, 0.4, 0.4, 0.9]) == 0.2
    assert threshold_for(0.5, [0.4, 0.4, 0.4]) == 0


def test_too_few_strangers_for_so_low_a_rate_let_nobody_in():
    assert threshold_for(0.05, np.linspace(0.5, 1, 18)) == 0
    assert threshold_for(0.05, np.linspace(0.5, 1, 19)) == 0.5
    assert threshold_for(0.05, []) == 0


@pytest.mark.parametrize("distances", [[np.nan], [-1.0], [np.inf]])
def test_distances_that_are_none_are_refused(distances):
    with pytest.raises(ValueError, match="distances"):
        threshold_for(0.05, distances)


@pytest.mark.parametrize("rate", [0, 1, np.nan])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(ValueError, match="rate"):
        threshold_for(rate, [1.0])


def test_the_measured_rate_holds_the_stated_one_in_its_interval():
    generator = np.random.default_rng(1)
    held = 0
    for _ in range(60):
        classes = np.repeat(np.arange(40), 10)
        distances = np.abs(generator.normal(1, 0.1, 40)[classes] + generator.normal(0, 0.05, 400))
        measured = acceptance_at(0.05, distances, classes)
        held += measured.interval[0] <= 0.05 <= measured.interval[1]
    assert held >= 54


def test_no_class_is_chosen_by_and_measured_on():
    distances, classes = [0.1] * 5 + [1.0] * 95, [0] * 5 + list(np.repeat(np.arange(1, 20), 5))
    measured = acceptance_at(0.05, distances, classes)
    assert measured.distance == 0.1  # by all of them; without class 0, only what is nearer than 1 is let in
    assert measured.measured == 0
    assert (measured.count, measured.classes) == (100, 20)


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
