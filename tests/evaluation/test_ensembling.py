import numpy as np
import pytest

from sightline.evaluation.ensembling import disagreement, equal_weights, greedy_weights, mean_of, vote_of


def table_of(seed, members=6, pictures=300, classes=4):
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, classes, pictures)
    scores = generator.normal(size=(members, pictures, classes))
    scores[:, np.arange(pictures), truth] += generator.uniform(0, 1.5, (members, 1))
    table = np.exp(scores)
    return table / table.sum(axis=2, keepdims=True), truth


def accuracy(probabilities, truth):
    return (probabilities.argmax(axis=1) == truth).mean()


@pytest.mark.parametrize("seed", range(10))
def test_greedy_selection_is_never_worse_than_the_best_single_one_where_it_chose(seed):
    table, truth = table_of(seed)

    together = mean_of(table, greedy_weights(table, truth))

    assert accuracy(together, truth) >= max(accuracy(member, truth) for member in table)


def test_greedy_selection_leaves_a_useless_member_out():
    table, truth = table_of(0, members=3)
    useless = np.full_like(table[:1], 0.25)
    useless[0, np.arange(300), (truth + 1) % 4] = 1.0

    assert greedy_weights(np.concatenate([useless, table]), truth)[0] == 0


def test_a_vote_counts_each_members_likeliest_class():
    table = np.array([[[0.9, 0.1]], [[0.4, 0.6]], [[0.45, 0.55]]])

    assert vote_of(table, equal_weights(3)).tolist() == [[pytest.approx(1 / 3), pytest.approx(2 / 3)]]
    assert mean_of(table, equal_weights(3)).argmax() == 0


def test_members_disagree_with_others_and_never_with_themselves():
    table = np.array([[[0.9, 0.1], [0.9, 0.1]], [[0.9, 0.1], [0.1, 0.9]]])

    assert disagreement(table).tolist() == [[0.0, 0.5], [0.5, 0.0]]
