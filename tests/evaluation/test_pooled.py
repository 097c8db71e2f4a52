import numpy as np
import pytest
from scipy.stats import ttest_rel

from sightline.core.intervals import wilson_interval
from sightline.evaluation.significance.corrected_test import compare_folds
from sightline.evaluation.significance.pooled import pooled_share


def test_pictures_that_are_asked_once_have_wilsons_interval():
    right = np.arange(50) % 5 > 0

    pooled = pooled_share(right[None], np.arange(50))

    assert pooled.share == 0.8
    assert pooled.interval == pytest.approx(wilson_interval(40, 50), abs=0.003)


def test_repeats_bring_no_more_pictures():
    right = np.random.default_rng(0).random((10, 50)) < 0.8

    pooled = pooled_share(right, np.arange(50))

    assert pooled.effective == 50


def test_pictures_of_one_group_are_one_witness():
    right = np.repeat([True, False, True, True, False], 20)

    pooled = pooled_share(right[None], np.repeat(np.arange(5), 20))

    assert pooled.effective < 6
    assert pooled.interval[0] < 0.3


@pytest.mark.parametrize("answer", [True, False])
def test_no_mistake_or_nothing_but_mistakes_still_has_a_width(answer):
    pooled = pooled_share(np.full((2, 30), answer), np.arange(30) // 2)

    assert pooled.effective == 15
    assert pooled.interval == wilson_interval(15 * answer, 15)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="right must be"):
        pooled_share(np.ones(3), np.arange(3))


def test_without_shared_pictures_the_corrected_test_is_the_paired_t_test():
    differences = np.random.default_rng(0).normal(0.02, 0.03, 10)

    found = compare_folds(differences, tested_share=0)

    expected = ttest_rel(differences, np.zeros(10))
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.interval == pytest.approx(tuple(expected.confidence_interval()))


@pytest.mark.parametrize("seed", range(20))
def test_the_corrected_test_and_its_interval_never_contradict_each_other(seed):
    differences = np.random.default_rng(seed).normal(0.02, 0.03, 10)

    found = compare_folds(differences, tested_share=1 / 9)

    assert (found.p_value < 0.05) == (found.kind != "alike") == (not found.interval[0] <= 0 <= found.interval[1])


def test_folds_without_any_difference_are_alike():
    found = compare_folds([0.0, 0.0, 0.0], tested_share=0.5)

    assert (found.kind, found.p_value) == ("alike", 1.0)
