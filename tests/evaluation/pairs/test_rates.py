"""Same or different: the threshold, its two rates, and the probability."""

import numpy as np
import pytest

from sightline.evaluation.pairs.rates import pair_rates
from sightline.evaluation.pairs.sigmoid import fitted_sigmoid


def clusters(spread, *, classes=20, each=10, seed=0):
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(classes, 8))
    points = np.repeat(centres, each, axis=0) + generator.normal(0, spread, (classes * each, 8))
    labels = np.repeat(range(classes), each)
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32), labels, labels


def test_the_measured_rate_holds_the_stated_one_in_its_interval():
    for seed in range(5):
        rates = pair_rates(*clusters(0.4, seed=seed), rate=0.05)
        assert rates.false_acceptance_interval[0] <= 0.05 <= rates.false_acceptance_interval[1]
        assert rates.classes == 20


def test_the_rates_are_those_of_all_pairs_at_the_threshold():
    embeddings, labels, _ = clusters(0.4)
    rates = pair_rates(embeddings, labels, labels, rate=0.1)
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    unlike = labels[:, None] != labels[None]
    assert (distances[unlike] <= rates.distance).mean() == pytest.approx(0.1, abs=0.001)
    like = ~unlike & ~np.eye(len(labels), dtype=bool)
    assert (distances[like] > rates.distance).mean() == pytest.approx(rates.false_rejection, abs=0.1)


def test_nearer_pairs_are_more_probably_the_same():
    sigmoid = pair_rates(*clusters(0.2), rate=0.05).sigmoid
    near, far = sigmoid([-0.2, -1.4])
    assert near > 0.9
    assert far < 0.1


def test_fewer_than_four_classes_say_nothing():
    assert pair_rates(*clusters(0.2, classes=3), rate=0.05) is None
    assert pair_rates(*clusters(0.2, each=1), rate=0.05) is None


def test_classes_of_one_group_are_never_on_both_sides_and_make_the_intervals_wide():
    generator = np.random.default_rng(0)
    groups, each = np.repeat(generator.normal(size=(6, 16)), 5, axis=0), 8
    centres = groups * np.repeat(generator.uniform(0.2, 3, 6), 5)[:, None] + generator.normal(size=(30, 16))
    points = np.repeat(centres, each, axis=0) + generator.normal(0, 0.4, (30 * each, 16))
    embeddings = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    labels = np.repeat(np.arange(30), each)
    alone, grouped = (pair_rates(embeddings, labels, clusters, rate=0.05) for clusters in (labels, labels // 5))
    assert (alone.classes, alone.groups, grouped.classes, grouped.groups) == (30, 0, 30, 6)
    widths = [high - low for low, high in (alone.false_acceptance_interval, grouped.false_acceptance_interval)]
    assert widths[1] > 1.5 * widths[0]


def test_groups_with_too_few_classes_for_two_halves_say_nothing():
    embeddings, labels, _ = clusters(0.2, classes=4)
    assert pair_rates(embeddings, labels, np.minimum(labels, 1), rate=0.05) is None
    assert pair_rates(embeddings, labels, labels // 2, rate=0.05).groups == 2


def test_a_sigmoid_is_that_of_a_logistic_regression():
    from sklearn.linear_model import LogisticRegression

    generator = np.random.default_rng(0)
    scores = generator.normal(size=2000)
    is_so = generator.random(2000) < 1 / (1 + np.exp(-(2 * scores - 1)))
    ours, theirs = fitted_sigmoid(scores, is_so), LogisticRegression(C=1e9).fit(scores[:, None], is_so)
    assert (ours.slope, ours.offset) == pytest.approx((theirs.coef_[0, 0], theirs.intercept_[0]), abs=0.02)


def test_scores_that_tell_all_apart_leave_a_finite_slope():
    sigmoid = fitted_sigmoid([-1.0] * 10 + [1.0] * 10, [False] * 10 + [True] * 10)
    assert sigmoid([-1.0, 1.0]) == pytest.approx([1 / 12, 11 / 12], abs=1e-3)


@pytest.mark.parametrize("case", [([1.0], [True]), ([1.0, np.nan], [True, False]), ([[1.0]], [[True]]), ([], [])])
def test_what_no_sigmoid_can_be_fitted_to_is_refused(case):
    with pytest.raises(ValueError, match="expected"):
        fitted_sigmoid(*case)
