import numpy as np
import pytest

from sightline.evaluation.trust.flagging import flagging_at


def answers(seed=0, count=400):
    chance = np.random.default_rng(seed)
    own = chance.random(count)
    return np.stack([own, 1 - own], axis=1), (chance.random(count) > own).astype(int)


@pytest.mark.parametrize("share", [0.6, 0.8, 0.95])
def test_the_threshold_flags_most_pictures_at_a_precision_and_fewest_at_a_recall(share):
    table, labels = answers()
    for wanted in ("precision", "recall"):
        found = flagging_at(table, labels, 0, wanted=wanted, share=share)
        flagged = table[:, 0] >= found.threshold
        assert getattr(found, wanted) >= share
        assert found.precision == (labels[flagged] == 0).mean()
        assert found.recall == (labels[flagged] == 0).sum() / (labels == 0).sum()
        assert found.precision_interval[0] < found.precision <= found.precision_interval[1]
    every = [flagging_at(table, labels, 0, wanted="precision", share=share).flagged]
    slow = [n for n in range(1, 401) if (labels[np.argsort(-table[:, 0], kind="stable")][:n] == 0).mean() >= share]
    assert every == [max(slow)]


def test_equal_probabilities_are_flagged_together_and_what_can_not_be_reached_is_none():
    table = np.array([[1.0, 0.0]] * 3 + [[0.0, 1.0]])
    assert flagging_at(table, [0, 0, 1, 1], 0, wanted="precision", share=0.9) is None
    assert flagging_at(table, [0, 0, 1, 1], 0, wanted="recall", share=1.0).flagged == 3
    assert flagging_at(table, [1, 1, 1, 1], 0, wanted="recall", share=0.5) is None


def test_the_words_say_what_both_were_worth_and_that_they_were_chosen():
    words = flagging_at(*answers(), 0, wanted="precision", share=0.9).words("bee")
    assert "bee is flagged from" in words
    assert "chosen by these pictures" in words
