"""A classifier with enrolled classes: what its gate is fitted to, and what is refused of its file."""

from pathlib import Path

import numpy as np
import pytest

from sightline.core.errors import BundleError
from sightline.inference.arrays.array_file import read_arrays, written_arrays
from sightline.inference.bundle import read_bundle
from sightline.inference.support.anchors import Anchors
from sightline.inference.support.distances import prototypes, unit
from sightline.inference.support.gate import Space, fitted_gate
from sightline.inference.tasks import load, model_of_bundle

FIXTURE = Path(__file__).parents[1] / "fixtures" / "version3-extended.sightline"


def cloud(centres, each, seed):
    """Return features of some classes, each around its centre, class after class."""
    generator = np.random.default_rng(seed)
    rows = np.repeat(centres, each, axis=0) + generator.normal(0, 0.3, (len(centres) * each, centres.shape[1]))
    return rows.astype(np.float32)


@pytest.fixture
def centres():
    return np.random.default_rng(0).normal(size=(8, 16))


@pytest.fixture
def anchors(centres):
    """Anchors of six classes; the last two centres are those of classes that were not learnt."""
    return Anchors(unit(cloud(centres[:6], 20, 1)).astype(np.float16), np.repeat(np.arange(6), 20).astype(np.int64))


@pytest.mark.parametrize("shots", [1, 5])
def test_the_gate_opens_for_a_new_class_and_stays_shut_for_learnt_ones(anchors, centres, shots):
    gate, space = fitted_gate(anchors, shots=shots), Space.of(anchors.rows, anchors.labels)
    enrolled = prototypes(space.embedded(cloud(centres[6:], shots, 2)), np.repeat([0, 1], shots))
    learnt, new = cloud(centres[:6], 30, 3), cloud(centres[6:], 30, 4)
    opened = [gate.sigmoid(space.margins(space.embedded(rows), enrolled)).max(axis=1) > 0.5 for rows in (learnt, new)]
    assert opened[0].mean() < 0.05
    assert opened[1].mean() > 0.9


def test_the_gate_is_as_often_right_as_it_is_sure(anchors, centres):
    gate, space = fitted_gate(anchors, shots=5), Space.of(anchors.rows, anchors.labels)
    enrolled = prototypes(space.embedded(cloud(centres[6:7], 5, 2)), np.zeros(5, np.int64))
    rows = cloud(np.concatenate([centres[:6], centres[6:7]]), 100, 5)
    chances = gate.sigmoid(space.margins(space.embedded(rows), enrolled))[:, 0]
    assert chances.mean() == pytest.approx(1 / 7, abs=0.05)


def test_what_is_expected_of_a_new_class_comes_true(anchors, centres):
    gate, space = fitted_gate(anchors, shots=1), Space.of(anchors.rows, anchors.labels)
    named, taken = [], []
    for seed in range(20):
        enrolled = prototypes(space.embedded(cloud(centres[6:7], 1, seed)), np.zeros(1, np.int64))
        chances = gate.sigmoid(space.margins(space.embedded(cloud(centres[:7], 20, 100 + seed)), enrolled))[:, 0]
        named.append((chances[-20:] > 0.5).mean())
        taken.append((chances[:-20] > 0.5).mean())
    assert np.mean(named) == pytest.approx(gate.expected.named, abs=0.12)
    assert np.mean(taken) == pytest.approx(gate.expected.taken, abs=0.02)
    assert (gate.expected.shots, gate.expected.classes) == (1, 6)


@pytest.mark.parametrize("shots", [1, 5])
def test_pictures_of_a_new_class_fit_it_as_often_as_stated_and_strangers_do_not(anchors, shots):
    gate, space = fitted_gate(anchors, shots=shots), Space.of(anchors.rows, anchors.labels)
    fits, strange, in_set = [], [], []
    for seed in range(60):
        new = np.random.default_rng([7, seed]).normal(size=(2, 16))
        enrolled = prototypes(space.embedded(cloud(new[:1], shots, seed)), np.zeros(shots, np.int64))
        own, other = (space.embedded(cloud(new[[place]], 20, 200 + seed)) for place in (0, 1))
        fits.append(gate.fit.typicality((own @ enrolled.T)[:, 0]) > 0.1)
        strange.append(gate.fit.typicality((other @ enrolled.T)[:, 0]) > 0.1)
        in_set.append(-gate.sigmoid(space.margins(own, enrolled))[:, 0] <= gate.fit.misfit(0.9))
    assert np.mean(fits) >= 0.85
    assert np.mean(in_set) >= 0.85
    assert np.mean(strange) < 0.2


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [0, 0, 1, 1]], ids=["of one class", "two of each class"])
def test_too_few_anchors_are_refused(labels):
    few = Anchors(np.eye(4, dtype=np.float16), np.array(labels, np.int64))
    with pytest.raises(ValueError, match="expected"):
        fitted_gate(few, shots=1)


def test_the_torch_network_is_that_of_the_learnt_classes():
    import torch

    classifier = load(FIXTURE)
    pixels = np.random.default_rng(0).integers(0, 256, (3, *classifier.format.shape), dtype=np.uint8)
    expected = classifier.network(torch.from_numpy(pixels)).softmax(dim=1).detach().numpy()
    learnt = classifier.probabilities(pixels)[:, :3]
    np.testing.assert_allclose(learnt / learnt.sum(axis=1, keepdims=True), expected, atol=1e-5)


MANIFESTS = {
    "learnt_classes": [0, 5, "3", True, 2.0],
    "gate": [
        {"slope": 1},
        {"slope": "x", "offset": 0},
        [1, 2],
        {"slope": float("inf"), "offset": 0},
        {"slope": 1, "offset": 0, "expected": {"named": 2}},
        {"slope": 1, "offset": 0, "expected": []},
    ],
    "classes": [["ant", "bee", "cat"], ["ant", "bee", "cat", "cat"], "ant"],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in MANIFESTS.items() for value in values])
def test_a_manifest_that_says_anything_else_is_refused(key, value):
    bundle = read_bundle(FIXTURE)
    changed = type(bundle)({**bundle.manifest, key: value}, bundle.weights, bundle.graph, bundle.arrays)
    with pytest.raises(BundleError):
        model_of_bundle(changed)


ARRAYS = {
    "no anchors": {"anchors.features": None},
    "anchors of another class": {"anchors.labels": np.full(12, 3)},
    "anchors that do not ascend": {"anchors.labels": np.arange(12)[::-1].copy() % 3},
    "anchors that are no numbers": {"anchors.features": np.full((12, 576), np.nan, np.float16)},
    "anchors in float32": {"anchors.features": np.zeros((12, 576), np.float32)},
    "anchors of another width": {"anchors.features": np.zeros((12, 4), np.float16)},
    "both of another width": {
        "anchors.features": np.ones((12, 4), np.float16),
        "support.embeddings": np.eye(2, 4, dtype=np.float32),
    },
    "no enrolled picture": {"support.labels": np.empty(0, np.int64), "support.digests": np.empty((0, 32), np.uint8)},
    "pictures of a class too many": {"support.labels": np.array([0, 1])},
    "a fit that does not ascend": {"fit.cosines": np.array([1.0, 0.5]), "fit.shares": np.array([0.1, 0.2])},
    "a fit by half": {"fit.cosines": np.array([0.5, 1.0])},
}


@pytest.mark.parametrize("changes", ARRAYS.values(), ids=ARRAYS)
def test_arrays_that_do_not_fit_are_refused(changes):
    bundle = read_bundle(FIXTURE)
    arrays = {**read_arrays(bundle.arrays), **changes}
    kept = {name: array for name, array in arrays.items() if array is not None}
    with pytest.raises(BundleError):
        model_of_bundle(bundle.with_arrays(written_arrays(kept)))


def test_anchors_that_are_few_do_not_make_learnt_classes_look_nearer_than_new_pictures_of_them():
    generator = np.random.default_rng(0)
    centres = generator.normal(0, 0.12, (6, 256))
    few = Anchors(
        unit(cloud(centres[:5], 20, 1) + generator.normal(0, 0.7, (100, 256)).astype(np.float32)).astype(np.float16),
        np.repeat(np.arange(5), 20).astype(np.int64),
    )
    gate, space = fitted_gate(few, shots=5), Space.of(few.rows, few.labels)
    noisy = [cloud(centres, 40, seed) + generator.normal(0, 0.7, (240, 256)).astype(np.float32) for seed in (2, 3)]
    enrolled = prototypes(space.embedded(noisy[0][-40:][:5]), np.zeros(5, np.int64))
    chances = gate.sigmoid(space.margins(space.embedded(noisy[1]), enrolled))[:, 0]
    assert chances.mean() == pytest.approx(1 / 6, abs=0.06)
