"""A threshold for strangers: what it promises, and what the measured rate is worth."""

import numpy as np
import pytest

from sightline.evaluation.pairs.acceptance import acceptance_at, threshold_for


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
        measured = acceptance_at(0.05, distances, classes, classes)
        held += measured.interval[0] <= 0.05 <= measured.interval[1]
    assert held >= 54


def test_no_class_is_chosen_by_and_measured_on():
    distances, classes = [0.1] * 5 + [1.0] * 95, [0] * 5 + list(np.repeat(np.arange(1, 20), 5))
    measured = acceptance_at(0.05, distances, classes, classes)
    assert measured.distance == 0.1  # by all of them; without class 0, only what is nearer than 1 is let in
    assert measured.measured == 0
    assert (measured.count, measured.classes, measured.groups) == (100, 20, 0)
