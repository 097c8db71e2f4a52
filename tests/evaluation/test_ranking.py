import numpy as np
import pytest

from sightline.evaluation.significance.paired import compare, paired_interval
from sightline.evaluation.significance.ranking import Ranked, ranking, ranking_over_folds


def answers(accuracy, seed, count=200):
    wrong = np.random.default_rng(seed).random(count) > accuracy
    return wrong.astype(np.int64)


TRUTH = np.zeros(200, dtype=np.int64)


@pytest.mark.parametrize("seed", range(30))
def test_a_verdict_never_contradicts_the_interval_beside_it(seed):
    generator = np.random.default_rng(seed)
    models = [answers(generator.uniform(0.6, 0.9), 100 * seed + place) for place in range(4)]

    found = ranking(["a", "b", "c", "d"], TRUTH, models, what="200 pictures")

    for pair in found.pairs:
        low, high = pair.comparison.interval
        assert ("can't be told apart" in pair.words) == (low <= 0 <= high)
        assert (pair.comparison.p_value < 0.05) == (not low <= 0 <= high)


def test_more_comparisons_make_each_interval_wider():
    alone, one_of_ten = (paired_interval(20, 8, 100, level=0.05 / count) for count in (1, 10))

    assert one_of_ten[0] < alone[0] < alone[1] < one_of_ten[1]
    assert compare(TRUTH, answers(0.9, 0), answers(0.8, 1), comparisons=10).p_value >= 10 * 1e-12


def test_alike_models_are_told_apart_in_no_more_than_five_of_a_hundred_rankings():
    wrong = 0
    for trial in range(200):
        models = [answers(0.8, 1000 * trial + place) for place in range(4)]
        found = ranking(["a", "b", "c", "d"], TRUTH, models, what="")
        wrong += any(pair.comparison.kind != "alike" for pair in found.pairs)

    assert wrong <= 16  # 10 are expected at most


def test_the_best_stands_first_and_is_named_with_those_that_it_can_not_be_told_from():
    models = [(np.arange(200) >= right).astype(np.int64) for right in (100, 180, 178)]

    found = ranking(["bad", "good", "fair"], TRUTH, models, what="")

    assert [model.name for model in found.models] == ["good", "fair", "bad"]
    assert found.words == "good named most pictures rightly, but can't be told apart from fair."


def test_folds_that_share_pictures_are_compared_by_the_corrected_test():
    accuracies = [[0.80, 0.82, 0.81, 0.83, 0.80], [0.79, 0.80, 0.80, 0.82, 0.79]]
    models = [Ranked("a", 0.81, (0.7, 0.9)), Ranked("b", 0.80, (0.7, 0.9))]

    found = ranking_over_folds(["a", "b"], accuracies, models=models, folds=5, what="100 pictures")

    assert found.pairs[0].comparison.folds == 5
    assert "Nadeau and Bengio" in found.test
