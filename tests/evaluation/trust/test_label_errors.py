import numpy as np
import pytest

from sightline.evaluation.trust.fold_heads import fold_answers
from sightline.evaluation.trust.label_errors import (
    ACTIONS,
    accuracy_range,
    confident_classes,
    label_errors,
    label_scores,
    named,
)


def planted(count=300, *, wrong=15, classes=3, seed=0):
    """Return features that tell classes apart, labels of which some are wrong, and which those are."""
    chance = np.random.default_rng(seed)
    truth = np.arange(count) % classes
    features = chance.normal(size=(count, 8)).astype(np.float32)
    features[np.arange(count), truth] += 4
    is_wrong = np.zeros(count, dtype=bool)
    is_wrong[chance.choice(count, wrong, replace=False)] = True
    return features, np.where(is_wrong, (truth + 1) % classes, truth), is_wrong


@pytest.fixture(scope="module")
def judged():
    features, given, is_wrong = planted()
    return fold_answers(features, given, np.arange(300) % 5, classes=3), given, is_wrong


def test_planted_labels_stand_first_and_are_counted(judged):
    answers, given, is_wrong = judged
    errors = label_errors(answers, given)
    first = [suspect.place for suspect in errors.suspects[:15]]
    assert is_wrong[first].mean() > 0.85
    assert errors.interval[0] <= errors.wrong <= errors.interval[1]
    assert errors.wrong == pytest.approx(15, abs=6)
    assert "look wrong" in errors.words


def test_the_likelier_class_is_proposed_where_it_is_sure(judged):
    answers, given, is_wrong = judged
    errors = label_errors(answers, given)
    relabelled = [one for one in errors.suspects if one.action == "relabel"]
    assert relabelled
    assert all(one.likelier == (one.given - 1) % 3 for one in relabelled if is_wrong[one.place])
    assert {one.action for one in errors.suspects} <= set(ACTIONS)


def test_scores_and_confident_classes_are_those_of_cleanlab(judged):
    cleanlab = pytest.importorskip("cleanlab", reason="cleanlab is not installed")
    answers, given, _ = judged
    unsure = 0.7 * answers + 0.1  # below 0.8, from where on any class is confidently a picture's own
    from cleanlab.rank import get_label_quality_scores

    own, margin = (
        get_label_quality_scores(given, unsure, method=method) for method in ("self_confidence", "normalized_margin")
    )
    ahead = own + 1 - 2 * margin  # theirs is (own - ahead + 1) / 2
    np.testing.assert_allclose(label_scores(unsure, given), ahead / (ahead + own**2))
    _, theirs = cleanlab.count.compute_confident_joint(
        given, unsure, calibrate=False, return_indices_of_off_diagonals=True
    )
    assert np.flatnonzero(confident_classes(unsure, given) != given).tolist() == sorted(theirs)


def test_a_label_that_was_learnt_late_is_more_doubtful(judged):
    answers, given, _ = judged
    margins = np.zeros(len(given))
    margins[7] = -5
    before, after = (label_scores(answers, given, margins=one) for one in (np.zeros(len(given)), margins))
    assert after[7] > before[7]


def test_a_model_that_is_too_weak_says_why_and_nothing_else():
    chance = np.random.default_rng(0)
    guesses, given = chance.dirichlet(np.ones(3), 200), chance.integers(0, 3, 200)
    errors = label_errors(guesses, given)
    assert errors.suspects == ()
    assert "agrees with only" in errors.words


@pytest.mark.parametrize(
    ("probabilities", "given", "reason"),
    [
        ([[0.9, 0.1], [0.2, 0.8]], [0, 1], "too few"),
        ([[1.0, 0.0]] * 60, [0] * 60, "only 1 class has 5 pictures"),
        ([[1.0, 0.0]] * 58 + [[0.0, 1.0]] * 2, [0] * 58 + [1] * 2, "only 1 class"),
    ],
)
def test_what_no_label_can_be_told_by_is_said_in_words(probabilities, given, reason):
    assert reason in label_errors(probabilities, given).words


def test_probabilities_of_exactly_0_and_1_and_a_class_whose_labels_are_all_wrong_are_no_trouble():
    certain = np.repeat(np.eye(3), 40, axis=0)
    given = np.repeat([0, 1, 1], 40)  # of class 2 every label is wrong
    errors = label_errors(certain, given)
    assert {one.likelier for one in errors.looks_wrong} <= {2}
    assert not errors.silence


def test_the_figure_without_doubtful_labels_is_an_upper_end(judged):
    answers, given, _ = judged
    low, high = accuracy_range(answers, given, label_errors(answers, given))
    assert low < high <= 1


def test_the_table_has_path_both_classes_score_and_action(judged):
    answers, given, _ = judged
    errors = label_errors(answers, given)
    row = named(errors.suspects, [f"{place}.png" for place in range(300)], ("ant", "bee", "cat"))[0]
    assert row[0] == f"{errors.suspects[0].place}.png"
    assert {row[1], row[2]} < {"ant", "bee", "cat"}


@pytest.mark.parametrize(
    "features", [np.ones((60, 4), np.float32), np.eye(60, dtype=np.float32)], ids=["alike", "apart"]
)
def test_pictures_that_are_all_alike_or_all_in_one_fold_say_nothing_of_labels(features):
    given = np.arange(60) % 3
    for folds in (np.zeros(60, np.int64), np.arange(60) // 3 % 2):
        answers = fold_answers(features, given, folds, classes=3)
        np.testing.assert_allclose(answers, 1 / 3, atol=0.05)
        assert label_errors(answers, given).silence
