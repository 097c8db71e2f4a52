import numpy as np
import pytest

from sightline.evaluation.trust.novelty import NOVELTIES, Impression, NearestNeighbours, RelativeMahalanobis, arrays_of
from sightline.evaluation.trust.unknowns import (
    Turn,
    UnknownRule,
    area_interval,
    area_under_curve,
    choose_novelty,
    shares_in_area,
    unknown_rule,
)


def clouds(count, *, seed=0, width=12, classes=3, centres=4.0):
    """Return features around one centre a class, all far from the origin, and labels."""
    chance = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    features = chance.normal(size=(count, width)) + centres
    features[np.arange(count), labels] += 6
    return features.astype(np.float32), labels


def impression(features, classes=3):
    return Impression(features[:, :classes], features)


def test_the_neighbours_are_those_of_a_slow_search():
    known, labels = clouds(40)
    asked, _ = clouds(7, seed=1)
    cosines = np.array([[a @ b / np.linalg.norm(a) / np.linalg.norm(b) for b in known] for a in asked])
    expected = 1 - np.sort(cosines, axis=1)[:, -5]
    ours = NearestNeighbours.fitted(known, labels).strangeness(impression(asked))
    np.testing.assert_allclose(ours, expected, atol=2e-3)  # half precision


def test_with_fewer_pictures_than_neighbours_the_farthest_counts():
    known, labels = clouds(3)
    assert NearestNeighbours.fitted(known, labels).strangeness(impression(known)).shape == (3,)


def test_mahalanobis_distances_are_those_written_out():
    known, labels = clouds(60)
    fitted = RelativeMahalanobis.fitted(known, labels)
    asked, _ = clouds(5, seed=2)
    unit = asked / np.linalg.norm(asked, axis=1, keepdims=True)
    for row, ours in zip(unit, fitted.strangeness(impression(asked)), strict=True):
        place = (row - fitted.centre) @ fitted.axes
        own = min((place - mean) @ fitted.within @ (place - mean) for mean in fitted.means)
        assert ours == pytest.approx(own - place @ fitted.around @ place, rel=1e-3, abs=1e-2)


@pytest.mark.parametrize("name", NOVELTIES)
def test_every_way_is_a_record_of_finite_arrays_and_is_the_same_alone_and_in_a_batch(name):
    known, labels = clouds(30)
    novelty = NOVELTIES[name].fitted(known, labels)
    assert all(np.isfinite(array).all() for array in arrays_of(novelty).values())
    asked = impression(clouds(6, seed=3)[0])
    alone = np.concatenate([novelty.strangeness(asked.at(np.array([row]))) for row in range(6)])
    np.testing.assert_allclose(alone, novelty.strangeness(asked), atol=1e-5)


def test_the_area_is_that_of_scikit_learn_and_its_interval_holds_it():
    metrics = pytest.importorskip("sklearn.metrics")
    chance = np.random.default_rng(0)
    known, unknown = chance.normal(size=80).round(1), chance.normal(0.7, 1, 60).round(1)
    truth = np.r_[np.zeros(80), np.ones(60)]
    area = area_under_curve(known, unknown)
    assert area == pytest.approx(metrics.roc_auc_score(truth, np.r_[known, unknown]))
    low, high = area_interval(known, unknown)
    assert low < area < high
    assert [part.mean() for part in shares_in_area(known, unknown)] == pytest.approx([area, area])


def test_known_pictures_are_refused_as_often_as_stated():
    refused = []
    for seed in range(200):
        values = np.random.default_rng(seed).normal(size=59)
        rule = UnknownRule("logit", NOVELTIES["logit"].fitted(np.zeros((1, 1)), np.zeros(1, int)), np.sort(values[:39]))
        logits = -values[39:, None]
        refused.append((rule.typicality(Impression(logits, logits)) <= 0.05).mean())
    assert np.mean(refused) == pytest.approx(0.05, abs=0.01)


def test_a_class_that_was_not_learnt_is_told_by_its_features_and_that_way_is_chosen():
    known, labels = clouds(90)
    judged, truth = clouds(60, seed=5)
    turn = Turn(known, labels, impression(judged), truth)
    choice = choose_novelty([turn], 3)
    assert choice.method == "neighbours"
    assert choice.means["neighbours"] > 0.9
    rule = unknown_rule([turn], choice.method, known, labels)
    far = impression(-judged)
    assert (rule.typicality(far) <= 0.05).all()
    assert (rule.typicality(impression(clouds(60, seed=6)[0])) > 0.05).mean() > 0.8


def test_of_two_classes_each_alone_is_judged_and_nothing_fails():
    known, labels = clouds(20, classes=2)
    judged, truth = clouds(12, seed=1, classes=2)
    choice = choose_novelty([Turn(known, labels, impression(judged, 2), truth)], 2)
    assert choice.areas["softmax"] == (0.5, 0.5)  # one class alone is always certain


def test_a_class_without_a_judged_picture_is_not_held_out():
    known, labels = clouds(30)
    judged, truth = clouds(30, seed=1)
    kept = truth != 2
    choice = choose_novelty([Turn(known, labels, impression(judged[kept]), truth[kept])], 3)
    assert len(choice.areas["neighbours"]) == 2
    few = choose_novelty([Turn(known, labels, impression(judged[:2]), truth[:2])], 3)
    assert (few.method, few.means) == ("neighbours", {})


@pytest.mark.parametrize("name", NOVELTIES)
def test_one_picture_that_was_learnt_from_is_enough_to_say_something(name):
    known, labels = clouds(1)
    strange = NOVELTIES[name].fitted(known, labels).strangeness(impression(clouds(4, seed=1)[0]))
    assert np.isfinite(strange).all()


def test_where_all_that_was_learnt_is_of_one_class_it_is_not_held_out():
    known, _ = clouds(8)
    judged, truth = clouds(30, seed=1)
    choice = choose_novelty([Turn(known, np.zeros(8, np.int64), impression(judged), truth)], 3)
    assert len(choice.areas["neighbours"]) == 2
