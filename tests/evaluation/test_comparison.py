import json
from itertools import product

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2

from sightline.core.intervals import NORMAL_QUANTILE
from sightline.evaluation.comparison import BaselineComparison
from sightline.evaluation.significance.paired import compare, mcnemar, paired_interval


def answers(both=50, only_network=20, only_baseline=5, neither=25):
    counts = [both, only_network, only_baseline, neither]
    truth = np.zeros(sum(counts), int)
    return truth, np.repeat([0, 0, 1, 1], counts), np.repeat([0, 1, 0, 1], counts)


def against(seconds=9.8, pictures=500, largest=0.1, **counts):
    comparison = compare(*answers(**counts))
    return BaselineComparison(comparison, "hog-svm", "gradients", seconds, pictures, 500, 60.0, largest)


def slow_upper(first, second, count):
    """The upper end, with the likeliest nuisance share found by trying instead of by formula."""

    def statistic(difference):
        def unlikeliness(share):
            rest = np.log(1 - 2 * share - difference)
            return -(first * np.log(share + difference) + second * np.log(share) + (count - first - second) * rest)

        ends = (max(0.0, -difference) + 1e-13, (1 - difference) / 2 - 1e-13)
        share = minimize_scalar(unlikeliness, bounds=ends, method="bounded", options={"xatol": 1e-13}).x
        deviation = np.sqrt(count * (2 * share + difference * (1 - difference)))
        return (first - second - count * difference) / deviation

    return brentq(lambda difference: statistic(difference) + NORMAL_QUANTILE, (first - second) / count, 1 - 1e-9)


@pytest.mark.parametrize(("first", "second", "count"), [(20, 5, 100), (1, 0, 44), (3, 3, 20), (400, 70, 10_000)])
def test_the_interval_holds_what_the_score_test_does_not_reject(first, second, count):
    low, high = paired_interval(first, second, count)
    assert high == pytest.approx(slow_upper(first, second, count), abs=1e-8)
    assert low == pytest.approx(-slow_upper(second, first, count), abs=1e-8)


def test_the_interval_has_a_width_where_nothing_differs_and_stays_within_its_bounds():
    reach = NORMAL_QUANTILE**2 / (50 + NORMAL_QUANTILE**2)
    assert paired_interval(0, 0, 50) == pytest.approx((-reach, reach))
    assert paired_interval(10, 0, 10)[1] == 1
    assert paired_interval(0, 10, 10)[0] == -1


@pytest.mark.parametrize(("count", "shares"), [(50, (0.6, 0.2, 0.1, 0.1)), (1000, (0.85, 0.06, 0.04, 0.05))])
def test_the_interval_holds_the_true_difference_in_about_95_of_100_cases(count, shares):
    draws = np.random.default_rng(0).multinomial(count, shares, size=2000)[:, 1:3].tolist()
    intervals = [paired_interval(first, second, count) for first, second in draws]
    held = np.mean([low <= shares[1] - shares[2] <= high for low, high in intervals])
    assert 0.94 <= held <= 0.965


@pytest.mark.parametrize(("first", "second"), [(0, 0), (5, 0), (6, 0), (3, 10), (400, 350), (3000, 2800)])
def test_mcnemars_test_is_that_of_chi_squared(first, second):
    expected = chi2.sf((first - second) ** 2 / (first + second), 1) if first + second else 1
    assert mcnemar(first, second) == pytest.approx(expected)


@pytest.mark.parametrize("count", [80, 3000])
def test_test_and_interval_never_contradict_each_other(count):
    for first, second in product(range(40), repeat=2):
        low, high = paired_interval(first, second, count)
        assert (mcnemar(first, second) < 0.05) == (not low <= 0 <= high)


def test_a_comparison_counts_the_pictures_on_which_the_two_differ():
    comparison = compare(*answers())
    assert (comparison.only_first, comparison.only_second, comparison.count) == (20, 5, 100)
    assert (comparison.first_accuracy, comparison.second_accuracy) == (0.7, 0.55)
    assert comparison.difference == pytest.approx(0.15)
    assert comparison.interval == paired_interval(20, 5, 100)


def test_a_wrong_answer_counts_as_wrong_whichever_it_is():
    comparison = compare([0, 1, 2], [1, 1, 0], [2, 0, 0])
    assert (comparison.only_first, comparison.only_second) == (1, 0)


@pytest.mark.parametrize(
    ("only_network", "only_baseline", "kind"),
    [(20, 5, "better"), (5, 20, "worse"), (6, 5, "alike"), (0, 0, "alike"), (3, 0, "alike"), (4, 0, "better")],
)
def test_better_or_worse_is_said_only_where_the_interval_leaves_zero_out(only_network, only_baseline, kind):
    assert compare(*answers(only_network=only_network, only_baseline=only_baseline)).kind == kind


def test_the_words_tell_whether_the_network_earned_its_keep():
    low, high = (f"{100 * end:.1f}" for end in paired_interval(20, 5, 100))
    kept = f"15.0 points (95\u00a0%: {low} to {high})"
    assert against().words == f"The network earned its keep: {kept} better than hog-svm, which took 9.8 seconds."
    worse = against(only_network=5, only_baseline=20).words
    assert worse.startswith(f"The network did not earn its keep: {kept} worse than hog-svm")
    assert worse.endswith("Take the simple one.")
    alike = against(only_network=6).words
    assert alike.startswith("The network can't be told apart from hog-svm")
    assert "Take the simple one" in alike
    assert (
        "hog-svm, which took 9.8 seconds: both are right equally often. Take the simple"
        in against(only_network=5).words
    )
    assert "1.0 points (95\u00a0%: -5" in against(only_network=4, neither=41).words


@pytest.mark.parametrize("only_network", [0, 5, 20])
def test_neither_is_taken_where_the_largest_class_does_as_well(only_network):
    comparison = against(only_network=only_network, largest=0.8)
    assert "Take neither of them" in comparison.words
    assert "earned its keep" not in comparison.words
    assert not comparison.recommends_baseline


def test_a_simple_one_that_does_not_beat_the_largest_class_is_not_recommended():
    comparison = against(only_network=6, both=50, only_baseline=5, neither=39, largest=0.555)
    assert comparison.comparison.kind == "alike"
    assert "Take the simple one" not in comparison.words
    assert "hog-svm does not beat the largest class" in comparison.words


def test_a_simple_one_is_not_recommended_where_the_network_may_be_far_better():
    comparison = against(both=10, only_network=3, only_baseline=1, neither=4)
    assert comparison.comparison.kind == "alike"
    assert "the network may be up to 3" in comparison.words
    assert not comparison.recommends_baseline


@pytest.mark.parametrize(("only_network", "recommended"), [(20, False), (6, True), (0, True)])
def test_the_simple_one_is_recommended_where_the_words_say_so(only_network, recommended):
    comparison = against(only_network=only_network)
    assert comparison.recommends_baseline is recommended
    assert ("Take the simple one" in comparison.words) is recommended


def test_the_words_confess_that_not_all_pictures_were_learnt_from():
    words = against(pictures=100).words
    assert "hog-svm learnt from only 100 of 500 training pictures" in words
    assert "`--model hog-svm` tells how far it comes with all" in words


def test_a_small_difference_is_not_rounded_away():
    words = against(both=20_000, only_network=8, only_baseline=0, neither=0).words
    assert "0.04 points (95\u00a0%: 0.02 to 0.08)" in words


def test_json_holds_figures_and_words():
    document = against().as_json()
    assert json.loads(json.dumps(document, allow_nan=False))["difference"] == pytest.approx(0.15)
    assert document["kind"] == "better"
    assert document["words"] == against().words
    assert (document["name"], document["pictures"], document["network_seconds"]) == ("hog-svm", 500, 60.0)


@pytest.mark.parametrize(
    ("truth", "network", "baseline"), [([], [], []), ([0], [0, 1], [0]), ([0], [0], [0, 1]), ([[0]], [[0]], [[0]])]
)
def test_answers_that_do_not_fit_are_refused(truth, network, baseline):
    with pytest.raises(ValueError, match="alike"):
        compare(truth, network, baseline)


@pytest.mark.parametrize(("first", "second", "count"), [(-1, 0, 5), (3, 3, 5), (0, 0, 0)])
def test_counts_that_can_not_be_are_refused(first, second, count):
    with pytest.raises(ValueError, match="can't be part"):
        paired_interval(first, second, count)
