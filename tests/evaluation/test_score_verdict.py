import numpy as np
import pytest

from sightline.core.percent import percent
from sightline.evaluation.score_verdict import judge_scores
from sightline.evaluation.scores import score


def scores_of(truth, answers, classes=("cat", "dog")):
    return score(np.array(truth), np.eye(len(classes))[answers], classes=classes, baseline_class=0)


def test_a_model_that_always_answers_the_largest_class_is_not_to_be_used():
    verdict = judge_scores(scores_of([0] * 7 + [1] * 3, [0] * 10))
    assert verdict.kind == "useless"
    assert verdict.words.startswith("Don't use it")
    assert percent(0.7) in verdict.words
    assert "cat" in verdict.words


@pytest.mark.parametrize("right", [0, 3, 5])
def test_a_model_at_or_below_the_largest_class_is_not_to_be_used(right):
    truth = np.repeat([0, 1], 5)
    assert judge_scores(scores_of(truth, np.where(np.arange(10) < right, truth, 1 - truth))).kind == "useless"


@pytest.mark.parametrize("right", [6, 10])
def test_a_model_above_it_is_not_warned_of(right):
    truth = np.repeat([0, 1], 5)
    assert judge_scores(scores_of(truth, np.where(np.arange(10) < right, truth, 1 - truth))) is None


def test_a_model_that_finds_the_rare_class_is_told_from_one_that_guesses():
    truth = [0] * 190 + [1] * 10
    answers = [0] * 170 + [1] * 20 + [1] * 10
    verdict = judge_scores(scores_of(truth, answers))
    assert verdict.kind == "below-largest-class"
    assert "Don't" not in verdict.words
    assert percent((170 / 190 + 1) / 2) in verdict.words


@pytest.mark.parametrize("answers", [[0, 0, 0], [0, 1, 0]])
def test_pictures_of_one_class_alone_say_nothing(answers):
    assert judge_scores(scores_of([0, 0, 0], answers)) is None
