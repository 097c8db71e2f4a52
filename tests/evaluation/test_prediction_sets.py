import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.evaluation.prediction_sets import SETS, SetRule, coverage, set_rule, set_threshold
from sightline.evaluation.temperature import softmax


def drawn(seed, count, classes=5, *, sureness=1.0):
    """Return logits that are too large by `sureness`, and labels drawn from their true probabilities."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(count, classes)) * 2
    labels = (logits + generator.gumbel(size=logits.shape)).argmax(axis=1)  # a draw from their softmax
    return logits * sureness, labels


@given(st.integers(1, 60), st.floats(0.05, 0.95), st.integers(0, 9))
def test_the_threshold_is_the_highest_that_enough_true_classes_reach(count, level, seed):
    logits, labels = drawn(seed, count)
    probabilities = softmax(logits)
    own = probabilities[np.arange(count), labels]
    enough = np.ceil(round((count + 1) * level, 9))
    expected = max((share for share in own if (own >= share).sum() >= enough), default=0)
    assert set_threshold(probabilities, labels, level) == expected


@pytest.mark.parametrize(("count", "level"), [(9, 0.9), (19, 0.9), (49, 0.9), (9, 0.7)])
def test_new_pictures_are_covered_as_often_as_promised_however_few_calibrate(count, level):
    covered = []
    for seed in range(3000):
        logits, labels = drawn(seed, count + 20)
        probabilities = softmax(logits * 3)  # a model that is too sure is covered all the same
        rule = set_rule(probabilities[:count], labels[:count], level=level)
        covered.append(rule.fitting(probabilities[count:])[np.arange(20), labels[count:]].mean())
    assert np.mean(covered) == pytest.approx(level, abs=0.01)  # (count + 1) * level is whole: no more and no less


@pytest.mark.parametrize(("level", "fewest"), [(0.9, 9), (0.5, 1), (0.95, 19), (0.99, 99)])
def test_with_too_few_pictures_every_class_is_let_in(level, fewest):
    probabilities = np.tile([0.6, 0.4], (fewest, 1))
    assert set_threshold(probabilities, np.zeros(fewest, int), level) == 0.6
    if fewest > 1:
        assert set_threshold(probabilities[1:], np.zeros(fewest - 1, int), level) == 0


def lac(threshold, classes=3):
    return SetRule("lac", 0.9, np.full(classes, -threshold))


def test_sets_are_counted_by_what_they_hold_and_never_empty():
    probabilities = np.array([[0.7, 0.3, 0.0], [0.5, 0.5, 0.0], [0.4, 0.3, 0.3], [0.1, 0.1, 0.8]], np.float32)
    measured = coverage(probabilities, [1, 1, 0, 2], lac(0.5))
    assert measured[:3] == (0.75, 1.25, 0.25)
    assert measured.by_class == ((1, 1), (1, 2), (1, 1))
    assert coverage(probabilities, [1, 1, 0, 2], lac(0.0))[:3] == (1.0, 3.0, 0.0)


@pytest.mark.parametrize("method", SETS)
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_every_method_holds_its_level_for_all_pictures_and_for_each_class(method, level):
    logits, labels = drawn(3, 12_000)
    probabilities = softmax(logits)
    rule = set_rule(probabilities[:6000], labels[:6000], level=level, method=method)
    own = rule.fitting(probabilities[6000:])[np.arange(6000), labels[6000:]]
    assert own.mean() == pytest.approx(level, abs=0.015)
    assert [own[labels[6000:] == label].mean() for label in range(5)] == pytest.approx([level] * 5, abs=0.03)
    assert rule.by_class == 5


def test_classes_of_few_pictures_share_a_threshold():
    logits, labels = drawn(4, 400)
    labels[:40] = 4
    few = np.r_[np.flatnonzero(labels == 0)[:10], np.flatnonzero(labels > 0)]
    rule = set_rule(softmax(logits)[few], labels[few])
    assert rule.by_class == 4
    assert len(set(rule.thresholds.tolist())) == 5


@pytest.mark.parametrize("method", SETS)
def test_the_likeliest_class_is_always_a_member_and_certain_answers_are_no_trouble(method):
    certain = np.eye(3)[[0, 1, 2, 0] * 5]
    rule = set_rule(certain, [0, 1, 2, 1] * 5, method=method)
    sets = rule.sets(np.array([[0.34, 0.33, 0.33], [1.0, 0.0, 0.0]]))
    assert sets[:, 0].all()
    assert rule.sets(np.empty((0, 3))).shape == (0, 3)


def test_scores_are_those_of_mapie():
    kinds = pytest.importorskip("mapie.conformity_scores.sets", reason="mapie is not installed")
    logits, labels = drawn(6, 300)
    probabilities, rows = softmax(logits), np.arange(300)
    lac, aps = kinds.LACConformityScore(), kinds.APSConformityScore()
    for score in (lac, aps):
        score.set_external_attributes(classes=np.arange(5), random_state=0, label_encoder=None)
    expected = np.ravel(lac.get_conformity_scores(labels, probabilities, y_enc=labels))
    np.testing.assert_allclose(1 + SETS["lac"](probabilities)[rows, labels], expected)
    together, ranks = aps.get_true_label_cumsum_proba(labels, probabilities, np.arange(5))
    np.testing.assert_allclose(SETS["aps"](probabilities)[rows, labels], together.ravel())
    penalty = 0.1 * np.maximum(ranks.ravel() - 2, 0)
    np.testing.assert_allclose(SETS["raps"](probabilities)[rows, labels], together.ravel() + penalty)


@pytest.mark.parametrize("level", [0, 1, -0.5, np.nan])
def test_a_level_that_is_no_share_is_refused(level):
    with pytest.raises(ValueError, match="level"):
        set_threshold([[0.5, 0.5]], [0], level)
