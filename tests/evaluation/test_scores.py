import json
import subprocess
import sys
import warnings

import numpy as np
import pytest
from sklearn import metrics

from sightline.evaluation.scores import score


def names(count):
    return [f"class {index}" for index in range(count)]


def random_answers(seed, *, count=200, classes=7, absent=()):
    generator = np.random.default_rng(seed)
    truth = generator.choice([index for index in range(classes) if index not in absent], count)
    logits = generator.normal(size=(count, classes))
    logits[np.arange(count), truth] += 1.0
    probabilities = np.exp(logits)
    return truth, probabilities / probabilities.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("seed", "absent"), [(0, ()), (1, (2,)), (2, (0, 6))])
def test_every_figure_equals_scikit_learns(seed, absent):
    truth, probabilities = random_answers(seed, absent=absent)
    predicted, labels = probabilities.argmax(axis=1), range(7)
    scores = score(truth, probabilities, classes=names(7), baseline_class=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # sklearn on answers that no truth has
        balanced = metrics.balanced_accuracy_score(truth, predicted)
    present = np.unique(truth)
    assert scores.accuracy == metrics.accuracy_score(truth, predicted)
    assert scores.balanced_accuracy == pytest.approx(balanced)
    assert scores.macro_f1 == pytest.approx(
        metrics.f1_score(truth, predicted, average="macro", labels=present, zero_division=0)
    )
    assert scores.top5 == pytest.approx(metrics.top_k_accuracy_score(truth, probabilities, k=5, labels=labels))
    assert scores.loss == pytest.approx(metrics.log_loss(truth, probabilities, labels=labels))
    np.testing.assert_array_equal(scores.confusion, metrics.confusion_matrix(truth, predicted, labels=labels))


@pytest.mark.parametrize("absent", [(), (2,)])
def test_figures_of_each_class_equal_scikit_learns(absent):
    truth, probabilities = random_answers(3, absent=absent)
    expected = metrics.precision_recall_fscore_support(
        truth, probabilities.argmax(axis=1), labels=range(7), zero_division=0
    )
    per_class = score(truth, probabilities, classes=names(7), baseline_class=0).per_class
    ours = [(entry.precision, entry.recall, entry.f1, entry.support) for entry in per_class]
    np.testing.assert_allclose(ours, np.transpose(expected))


def test_the_baseline_is_the_share_of_its_class():
    truth, probabilities = np.array([0, 1, 1, 1]), np.full((4, 2), 0.5)
    scores = score(truth, probabilities, classes=["cat", "dog"], baseline_class=1)
    assert (scores.baseline_class, scores.baseline_accuracy) == ("dog", 0.75)


@pytest.mark.parametrize(("truth", "accuracy", "top5"), [(0, 1, 1), (1, 0, 1), (4, 0, 1), (5, 0, 0)])
def test_of_equal_probabilities_the_first_classes_win(truth, accuracy, top5):
    scores = score([truth], np.full((1, 6), 1 / 6), classes=names(6), baseline_class=0)
    assert (scores.accuracy, scores.top5) == (accuracy, top5)


def test_top_five_of_five_classes_is_left_out():
    truth, probabilities = random_answers(0, classes=5)
    assert score(truth, probabilities, classes=names(5), baseline_class=0).top5 is None


def test_a_truth_with_probability_zero_costs_much_but_not_everything():
    scores = score(np.array([0]), np.array([[0.0, 1.0]]), classes=["cat", "dog"], baseline_class=0)
    assert scores.loss == pytest.approx(-np.log(np.finfo(np.float32).tiny))


@pytest.mark.parametrize("count", [20, 200])
def test_intervals_of_the_means_hold_the_figures_and_follow_the_seed(count):
    truth, probabilities = random_answers(4, count=count)
    first, again, other = (
        score(truth, probabilities, classes=names(7), baseline_class=0, seed=seed) for seed in (1, 1, 2)
    )
    for figure in ("macro_f1", "balanced_accuracy"):
        low, high = getattr(first, f"{figure}_interval")
        assert 0 <= low < getattr(first, figure) < high <= 1
        assert getattr(again, f"{figure}_interval") == (low, high) != getattr(other, f"{figure}_interval")


def test_the_interval_of_balanced_accuracy_nears_the_normal_one_for_many_pictures():
    truth, probabilities = random_answers(5, count=20_000, classes=2)
    scores = score(truth, probabilities, classes=names(2), baseline_class=0)
    spread = np.sqrt(sum(c.recall * (1 - c.recall) / c.support for c in scores.per_class)) / 2
    low, high = scores.balanced_accuracy_interval
    assert (high - low) / 2 == pytest.approx(1.96 * spread, rel=0.1)


def test_the_order_of_the_pictures_does_not_matter():
    truth, probabilities = random_answers(6)
    order = np.random.default_rng(0).permutation(len(truth))
    one = score(truth, probabilities, classes=names(7), baseline_class=0).as_json()
    other = score(truth[order], probabilities[order], classes=names(7), baseline_class=0).as_json()
    assert one.pop("loss") == pytest.approx(other.pop("loss"))
    assert one == other


def test_scores_survive_strict_json():
    truth, probabilities = random_answers(7, absent=(3,))
    document = score(truth, probabilities.astype(np.float32), classes=names(7), baseline_class=0).as_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document


@pytest.mark.parametrize(
    ("truth", "probabilities", "words"),
    [
        ([0, 1], [[0.5, 0.5]], "truth must be"),
        ([0], [0.5, 0.5], "truth must be"),
        (np.zeros(0, int), np.zeros((0, 2)), "nothing"),
        ([0], [[np.nan, 0.5]], "0 to 1"),
        ([0], [[np.inf, 0.5]], "0 to 1"),
        ([0], [[-2.0, 3.0]], "0 to 1"),
        ([2], [[0.5, 0.5]], "truth must lie"),
        ([-1], [[0.5, 0.5]], "truth must lie"),
        ([0.0], [[0.5, 0.5]], "whole numbers"),
    ],
)
def test_what_does_not_fit_is_refused(truth, probabilities, words):
    with pytest.raises(ValueError, match=words):
        score(truth, probabilities, classes=["cat", "dog"], baseline_class=0)


@pytest.mark.parametrize(("classes", "baseline"), [(["cat"], 0), (["cat", "dog"], 2), (["cat", "dog"], -1)])
def test_classes_that_do_not_fit_are_refused(classes, baseline):
    with pytest.raises(ValueError, match="class"):
        score([0], [[0.5, 0.5]], classes=classes, baseline_class=baseline)


def test_scores_are_imported_without_heavy_packages():
    code = (
        "import sys, sightline.evaluation.scores\n"
        "print({'matplotlib', 'jinja2', 'torch', 'sklearn', 'scipy'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert ran.stdout.strip() == "set()"


@pytest.mark.parametrize("answers", [[0, 0, 1, 1], [1, 1, 0, 0]])
def test_means_without_doubt_have_no_interval_and_accuracy_keeps_its_own(answers):
    scores = score(np.array([0, 0, 1, 1]), np.eye(2)[answers], classes=["cat", "dog"], baseline_class=0)
    assert scores.macro_f1 in (0, 1)
    assert scores.macro_f1_interval is None
    assert scores.balanced_accuracy_interval is None
    low, high = scores.accuracy_interval
    assert low < high
    document = scores.as_json()
    assert document["macro_f1_interval"] is None
    assert type(scores).of_json(json.loads(json.dumps(document))).as_json() == document
