"""The task of models that compare pictures."""

import copy
import pickle
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from sightline.core.errors import BundleError
from sightline.inference.bundle import read_bundle, write_bundle
from sightline.inference.support.distances import fair_prototypes, likeness_of, mean_of_nearest, prototypes, unit
from sightline.inference.support.nearest import compared_by
from sightline.inference.tasks import load, model_of_bundle


@pytest.fixture
def model(similarity_file):
    return load(similarity_file)


def test_the_nearest_class_wins_and_the_nearest_enrolled_picture_is_named(model, coloured):
    prediction = model.predict(coloured(240, 28, 0))
    assert (prediction.label, prediction.match.label, prediction.match.picture) == ("red", "red", "c.png")
    assert prediction.match.digest == model.rule.support.digests[1].tobytes().hex()
    assert prediction.match.distance < 0.1
    assert not prediction.refusal


def test_what_is_too_far_from_every_class_is_a_stranger(model, coloured):
    prediction = model.predict(coloured(40, 250, 40))
    assert prediction.match.is_stranger
    assert prediction.as_json()["refused"]
    assert prediction.match.distance > model.rule.acceptance.distance


def test_one_alone_and_many_are_answered_alike(model, coloured):
    pictures = [coloured(250, 5, 0), coloured(10, 10, 240), coloured(0, 250, 0)]
    together = list(model.predict_many(pictures))
    for picture, answer in zip(pictures, together, strict=True):
        alone = model.predict(picture)
        assert (alone.label, alone.match.picture) == (answer.label, answer.match.picture)
        assert alone.match.distance == pytest.approx(answer.match.distance, abs=1e-6)


def test_probabilities_are_the_softmax_of_minus_squared_distances(model, coloured):
    pixels = np.stack([coloured(200, 100, 100)[:4, :4]])
    probabilities, embeddings = model.with_features(pixels)
    distances = model.rule.distances(unit(embeddings))
    powers = np.exp(-model.manifest["scale"] * distances**2)
    np.testing.assert_allclose(probabilities, powers / powers.sum(), atol=1e-4)
    assert model.features == 3


def test_the_nearest_pictures_of_each_class_may_decide_in_the_place_of_its_mean():
    distances = np.array([[0.5, 0.1, 0.9, 0.3, 0.2]])
    labels = np.array([0, 0, 0, 1, 1])
    np.testing.assert_allclose(mean_of_nearest(distances, labels, 1), [[0.1, 0.2]])
    np.testing.assert_allclose(mean_of_nearest(distances, labels, 2), [[0.3, 0.25]])
    np.testing.assert_allclose(mean_of_nearest(distances, labels, 3), [[0.5, 0.25]])


def test_a_prototype_is_the_mean_of_its_class_with_length_one():
    embeddings = unit(np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32))
    means = np.stack([embeddings[:2].mean(axis=0), embeddings[2:].mean(axis=0)])
    np.testing.assert_allclose(prototypes(embeddings, np.array([0, 0, 1, 1, 1])), unit(means), rtol=1e-5)


def scattered(label, count):
    """Return pictures of one of two classes that resemble each other and scatter as widely."""
    centre = np.zeros(64, np.float32)
    centre[[0, 1 + label]] = 1
    return unit(centre + np.random.default_rng(label).normal(0, 0.35, (count, 64)).astype(np.float32))


def named_rightly(prototypes_of):
    """Return which share of either class is named rightly: ten pictures of one are known, one of the other."""
    labels, queries = np.repeat([0, 1], [10, 1]), [scattered(0, 500)[100:], scattered(1, 500)[100:]]
    draws = [np.concatenate([scattered(0, 100)[10 * draw :][:10], scattered(1, 10)[draw][None]]) for draw in range(10)]
    known = [prototypes_of(draw, labels) for draw in draws]
    return [np.mean([(query @ one.T).argmax(axis=1) == label for one in known]) for label, query in enumerate(queries)]


def test_a_class_of_one_picture_stands_against_one_of_ten():
    likeness = likeness_of(scattered(0, 500), np.zeros(500, np.int64))
    many, one = named_rightly(prototypes)
    assert many > 0.95
    assert one < 0.6
    many, one = named_rightly(lambda *known: fair_prototypes(*known, likeness=likeness))
    assert many == pytest.approx(one, abs=0.1)
    assert min(many, one) > 0.7


def test_a_query_lies_as_far_from_a_mean_of_one_as_from_a_mean_of_ten():
    pictures, queries = scattered(0, 600), scattered(0, 700)[600:]
    likeness = likeness_of(pictures, np.zeros(600, np.int64))
    one = fair_prototypes(pictures, np.arange(600), likeness=likeness)
    ten = fair_prototypes(pictures, np.repeat(np.arange(60), 10), likeness=likeness)
    assert (queries @ one.T).mean() == pytest.approx((queries @ ten.T).mean(), rel=0.01)


def test_likeness_is_the_mean_cosine_of_two_pictures_of_a_class():
    embeddings = unit(np.random.default_rng(0).normal(1, 1, (6, 3)).astype(np.float32))
    labels = np.array([4, 0, 4, 0, 4, 9])
    cosines = [embeddings[a] @ embeddings[b] for a, b in combinations(range(6), 2) if labels[a] == labels[b]]
    assert likeness_of(embeddings, labels) == pytest.approx(np.mean(cosines))
    assert likeness_of(embeddings, np.arange(6)) == 1


def test_classes_of_one_picture_each_are_as_far_as_these_are(cohort):
    few = fair_prototypes(cohort.embeddings, np.arange(100), likeness=0.3)
    np.testing.assert_array_equal(few, prototypes(cohort.embeddings, np.arange(100)))


@pytest.mark.parametrize("missing", [(), ("cohort",)])
def test_distances_are_those_from_fair_prototypes_by_what_strangers_or_else_enrolled_pictures_are_like(
    similarity_file, cohort, missing
):
    bundle = read_bundle(similarity_file)
    manifest = {key: value for key, value in bundle.manifest.items() if key not in missing}
    rule = model_of_bundle(replace(bundle, manifest=manifest)).rule
    like = rule.support if missing else cohort
    likeness = likeness_of(like.embeddings, like.labels)
    known = fair_prototypes(rule.support.embeddings, rule.support.labels, likeness=likeness)
    squares = 2 - 2 * cohort.embeddings @ known.T
    np.testing.assert_allclose(rule.distances(cohort.embeddings) ** 2, squares, atol=1e-6)
    assert np.linalg.norm(known, axis=1)[0] < 1


def test_a_class_that_comes_and_goes_moves_no_other_class(similarity_file, support):
    bundle = read_bundle(similarity_file)
    model, query = model_of_bundle(bundle), support((90, 90, 30)).embeddings
    known = model.rule.roster
    more = compared_by(bundle, known.with_pictures("green", support((0, 250, 9), (0, 250, 0), labels=[0, 0])))
    np.testing.assert_allclose(model_of_bundle(more).rule.distances(query)[:, :2], model.rule.distances(query))
    again = compared_by(more, model_of_bundle(more).rule.roster.without("green"))
    np.testing.assert_array_equal(model_of_bundle(again).rule.distances(query), model.rule.distances(query))


def test_a_manifest_says_how_many_neighbours_decide(similarity_file, coloured):
    bundle = read_bundle(similarity_file)
    by_one = model_of_bundle(type(bundle)({**bundle.manifest, "neighbours": 1}, *_parts(bundle)))
    assert by_one.predict(coloured(240, 30, 0)).match.distance == pytest.approx(0, abs=1e-3)
    assert load(similarity_file).predict(coloured(240, 30, 0)).match.distance > 0.05


def _parts(bundle):
    return bundle.weights, bundle.graph, bundle.arrays


def test_a_copy_answers_as_its_model(model, coloured):
    for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301 - our own
        assert again.predict(coloured(250, 0, 0)) == model.predict(coloured(250, 0, 0))


def test_an_enrolled_class_of_the_cohort_is_no_stranger_any_more(model, cohort):
    everybody = model.rule.acceptance
    assert everybody.classes == 10
    assert cohort.without(["GREEN3", "red"]).labels.tolist() == [*([0] * 10), *sorted([1, 2, *range(4, 10)] * 10)]
    assert cohort.without(cohort.classes) is None


def test_strangers_of_one_group_are_judged_together(cohort):
    assert cohort.clusters.tolist() == cohort.labels.tolist()
    grouped = replace(cohort, groups=tuple(str(name > "green4") for name in cohort.classes))
    assert grouped.clusters.tolist() == [0] * 50 + [1] * 50
    alike = replace(cohort, groups=("all",) * len(cohort.classes))
    assert alike.clusters.tolist() == cohort.labels.tolist()


def test_groups_of_strangers_that_differ_make_the_interval_wide(similarity_file):
    bundle = read_bundle(similarity_file)
    entry = bundle.manifest["cohort"]
    grouped = entry | {"groups": [str(name > "green4") for name in entry["classes"]]}
    by_class, by_group = (
        model_of_bundle(replace(bundle, manifest=bundle.manifest | {"cohort": one})).rule.acceptance
        for one in (entry, grouped)
    )
    assert by_class.distance == by_group.distance
    assert (by_group.classes, by_group.groups) == (10, 2)
    assert np.ptp(by_group.interval) > np.ptp(by_class.interval)


NO_GROUPS = {"rate": 0.05, "classes": [f"green{number}" for number in range(10)], "groups": ["a"]}
WRONG = {
    "embedding": [None, 0, "3", 2**40, 4],
    "scale": [None, 0, float("nan"), "1", True],
    "neighbours": [-1, 10**9, None],
    "cohort": [{"rate": 2, "classes": ["a"]}, {"rate": 0.05}, "x", [], {"rate": 0.05, "classes": [1]}, NO_GROUPS],
    "classes": [["red"], ["red", "blue", "green"]],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_a_manifest_that_says_anything_else_is_refused(similarity_file, tmp_path, key, value):
    bundle = read_bundle(similarity_file)
    changed = type(bundle)({**bundle.manifest, key: value}, *_parts(bundle))
    if value == value:  # noqa: PLR0124 - JSON has no NaN
        write_bundle(tmp_path / "changed", changed)
        changed = read_bundle(tmp_path / "changed")
    with pytest.raises(BundleError):
        model_of_bundle(changed)
