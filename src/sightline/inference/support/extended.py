"""Answers of a classifier to which classes were enrolled: its head's for those it has learnt, and a gate beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from sightline.core.errors import BundleError
from sightline.core.seeding import derived_seed
from sightline.evaluation.acceptance import Acceptance
from sightline.evaluation.pairs.sigmoid import Sigmoid, fitted_sigmoid
from sightline.inference.arrays.array_file import Arrays, written_arrays
from sightline.inference.bundle import TRAIN_AGAIN, Bundle
from sightline.inference.graph import Floats, Probabilities
from sightline.inference.manifest import CLASSIFICATION, EXTENDED, LEARNT, classes_of, learnt_of
from sightline.inference.prediction import Match
from sightline.inference.signature import FEATURES, OUTPUT
from sightline.inference.support.decision import Decided
from sightline.inference.support.distances import prototypes, unit
from sightline.inference.support.nearest import arrays_of
from sightline.inference.support.roster import Roster
from sightline.inference.support.support_set import SUPPORT, SupportSet, support_set_in

Labels = npt.NDArray[np.int64]
Cosines = npt.NDArray[np.float64]

GATE = "gate"
ANCHORS = "anchors."
"""Before the name of each of their arrays."""
FEATURES_ARRAY, LABELS_ARRAY = ANCHORS + "features", ANCHORS + "labels"
MOST_EPISODES = 40
LEAST_ANCHORS = 3
"""Of a class that stands for a new one: one or more are enrolled, and two or more are asked about."""


@dataclass(frozen=True, eq=False)
class Anchors:
    """What the last layer reads of some pictures of the classes that were learnt.

    Args:
        features: (A, F) float16, rows of length one.
        labels: (A,) int64, ascending: the class of each.

    Raises:
        ValueError: The arrays do not fit together.
    """

    features: npt.NDArray[np.float16]
    labels: Labels

    def __post_init__(self) -> None:
        """Look at every value, for a model file may hold anything."""
        if self.features.dtype.str != "<f2" or self.labels.dtype.str != "<i8" or self.features.ndim != len("AF"):
            raise ValueError("the anchors' arrays have other types or shapes than they should")
        if self.labels.shape != self.features.shape[:1] or not np.isfinite(self.features).all():
            raise ValueError("the anchors' arrays do not fit together")
        if not len(self.labels) or self.labels[0] < 0 or (np.diff(self.labels) < 0).any():
            raise ValueError("the anchors do not stand class after class")

    @cached_property
    def rows(self) -> Floats:
        """(A, F) float32, rows of length one."""
        return unit(self.features.astype(np.float32))

    def arrays(self) -> Arrays:
        """Return what a model file keeps of them."""
        return {FEATURES_ARRAY: self.features, LABELS_ARRAY: self.labels}


@dataclass(frozen=True, eq=False)
class Space:
    """Where pictures of learnt classes and new ones are compared: centred, and with length one.

    Args:
        centre: (F,) the mean of the learnt classes' rows.
        learnt: (L, F) a prototype of each learnt class that has anchors.

    Reference:
        Y. Wang, W.-L. Chao, K. Q. Weinberger, L. van der Maaten, "SimpleShot: Revisiting Nearest-Neighbor
        Classification for Few-Shot Learning", 2019: CL2N. https://arxiv.org/abs/1911.04623
    """

    centre: Floats
    learnt: Floats

    @classmethod
    def of(cls, rows: Floats, labels: Labels) -> "Space":
        """Return the space of some pictures of learnt classes.

        Args:
            rows: (A, F) float32, of length one.
            labels: (A,) ascending.
        """
        _, places = np.unique(labels, return_inverse=True)
        centre = rows.mean(axis=0)
        return cls(centre, prototypes(unit(rows - centre), places))

    def embedded(self, features: Floats) -> Floats:
        """Return (N, F) features of any length, centred and with length one."""
        return unit(unit(features) - self.centre)

    def margins(self, embedded: Floats, new: Floats) -> Cosines:
        """Return (N, K): how much nearer each picture is to each new class than to any that was learnt.

        Args:
            embedded: (N, F), of this space.
            new: (K, F) the new classes' prototypes.
        """
        nearest = (embedded @ self.learnt.T).max(axis=1, keepdims=True)
        margins: Cosines = (embedded @ new.T - nearest).astype(np.float64)
        return margins


def fitted_gate(anchors: Anchors, *, shots: int, seed: int = 0) -> Sigmoid:
    """Return the gate, fitted by letting each learnt class in turn stand for one that is enrolled.

    Some of its anchors are enrolled, the others are asked about together with those of all other classes. What is
    fitted is the chance that a picture is of the enrolled class, by its margin.

    Args:
        anchors: Of two classes or more.
        shots: How many pictures a class is enrolled by, 1 or more.
        seed: Decides which they are.

    Raises:
        ValueError: Fewer than two classes have anchors, or none has enough.
    """
    generator = np.random.default_rng(derived_seed(seed, "gate"))
    labels, counts = np.unique(anchors.labels, return_counts=True)
    if len(labels) < 2:  # noqa: PLR2004 - one stands for a new one
        raise ValueError("expected anchors of two classes or more")
    able = generator.permutation(labels[counts >= LEAST_ANCHORS])
    episodes = [_episode(anchors, label, shots, generator) for label in islice(able, MOST_EPISODES)]
    if not episodes:
        raise ValueError(f"expected {LEAST_ANCHORS} anchors of a class or more")
    margins, is_new = (np.concatenate(parts) for parts in zip(*episodes, strict=True))
    return fitted_sigmoid(margins, is_new)


def _episode(
    anchors: Anchors, label: int, shots: int, generator: np.random.Generator
) -> tuple[Cosines, npt.NDArray[np.bool_]]:
    """Return the margins of all anchors that are asked about, and which are of the class that is enrolled."""
    own = generator.permutation(np.flatnonzero(anchors.labels == label))
    enrolled = own[: min(shots, len(own) // 2)]
    others = np.flatnonzero(anchors.labels != label)
    space = Space.of(anchors.rows[others], anchors.labels[others])
    new = unit(space.embedded(anchors.rows[enrolled]).mean(axis=0, keepdims=True))
    asked = np.concatenate([own[len(enrolled) :], others])
    return space.margins(space.embedded(anchors.rows[asked]), new)[:, 0], anchors.labels[asked] == label


class ExtendedRule:
    """The head's probabilities for the classes that it has learnt, beside those of the enrolled ones.

    With p_c of the head, and the gate's log-odds z_k of each enrolled class, the answer is p_c / (1 + sum of exp z) and
    exp z_k / (1 + sum of exp z): the softmax of log p_c and z_k. So the order of learnt classes among each other never
    changes.

    Args:
        bundle: Of a classifier with enrolled classes.

    Raises:
        BundleError: What it needs is missing, or does not fit together.
    """

    reads: tuple[str, ...] = (OUTPUT, FEATURES)
    features = FEATURES
    acceptance: Acceptance | None = None

    def __init__(self, bundle: Bundle) -> None:
        arrays, self.classes = arrays_of(bundle), classes_of(bundle.manifest)
        self.enrolled = self.classes[len(learnt_of(bundle.manifest)) :]
        self.anchors = anchors_in(arrays, classes=len(self.classes) - len(self.enrolled))
        self.support: SupportSet = support_set_in(arrays, self.enrolled, width=self.anchors.features.shape[1])
        self._gate = _gate_of(bundle.manifest)
        self._space = Space.of(self.anchors.rows, self.anchors.labels)
        self._embedded = self._space.embedded(self.support.embeddings)
        self._prototypes = prototypes(self._embedded, self.support.labels)

    @property
    def roster(self) -> Roster:
        """The classes that the head has not learnt."""
        return Roster(self.enrolled, self.support)

    def probabilities(self, outputs: Sequence[Floats]) -> Probabilities:
        """Return (n, classes), the learnt ones first."""
        learnt, features = outputs
        return self._joint(learnt, self._space.embedded(features))

    def decide(self, outputs: Sequence[Floats]) -> Decided:
        """Return the probabilities, and the nearest enrolled picture where the likeliest class was enrolled."""
        learnt, features = outputs
        embedded = self._space.embedded(features)
        probabilities = self._joint(learnt, embedded)
        likeliest = probabilities.argmax(axis=1) - (len(self.classes) - len(self.enrolled))
        return Decided(probabilities, list(map(self._match, embedded, likeliest.tolist())))

    def _joint(self, learnt: Probabilities, embedded: Floats) -> Probabilities:
        odds = np.exp(np.clip(self._gate.log_odds(self._space.margins(embedded, self._prototypes)), -80, 80))
        both = np.concatenate([learnt.astype(np.float64), odds], axis=1)
        shares: Probabilities = (both / both.sum(axis=1, keepdims=True)).astype(np.float32)
        return shares

    def _match(self, embedded: Floats, label: int) -> Match | None:
        if label < 0:
            return None
        places = np.flatnonzero(self.support.labels == label)
        picture = int(places[(self._embedded[places] @ embedded).argmax()])
        return Match(
            label=self.enrolled[label],
            distance=float(np.linalg.norm(self._prototypes[label] - embedded)),
            picture=self.support.names[picture],
            digest=self.support.digests[picture].tobytes().hex(),
            is_stranger=False,
        )


def anchors_in(arrays: Arrays, *, classes: int) -> Anchors:
    """Return the anchors among a model file's arrays.

    Args:
        arrays: All that the file keeps beside its graph.
        classes: How many were learnt.

    Raises:
        BundleError: There are none, or they are damaged.
    """
    try:
        anchors = Anchors(arrays[FEATURES_ARRAY], arrays[LABELS_ARRAY])
    except (KeyError, ValueError) as error:
        raise BundleError(f"the anchors of the learnt classes are not understood: {error}", hint=TRAIN_AGAIN) from error
    if anchors.labels[-1] >= classes:
        raise BundleError("the anchors do not fit the classes that were learnt", hint=TRAIN_AGAIN)
    return anchors


def extended(bundle: Bundle, roster: Roster, anchors: Callable[[], Anchors]) -> Bundle:
    """Return a classifier's bundle with other enrolled classes; without any, it is the bundle of its training again.

    Args:
        bundle: Of a classifier, with enrolled classes or without.
        roster: Those that it shall have.
        anchors: Finds pictures of the classes that were learnt, for a bundle that holds none yet.

    Raises:
        BundleError: The anchors are too few to fit a gate on.
    """
    arrays, learnt = arrays_of(bundle), learnt_of(bundle.manifest)
    kept = {name: array for name, array in arrays.items() if not name.startswith((SUPPORT, ANCHORS))}
    manifest = {key: value for key, value in bundle.manifest.items() if key not in (LEARNT, GATE)}
    if not roster.classes:
        plain = manifest | {"task": CLASSIFICATION, "classes": list(learnt)}
        return replace(bundle, manifest=plain).with_arrays(written_arrays(kept) if kept else None)
    known = anchors_in(arrays, classes=len(learnt)) if LEARNT in bundle.manifest else anchors()
    try:
        gate = fitted_gate(known, shots=int(np.median(list(roster.counts.values()))))
    except ValueError as error:
        raise BundleError(
            f"too little is known of the classes that it has learnt: {error}", hint=TRAIN_AGAIN
        ) from error
    manifest |= {"task": EXTENDED, "classes": [*learnt, *roster.classes], LEARNT: len(learnt), GATE: gate.as_json()}
    beside = kept | known.arrays() | roster.support.arrays()
    return replace(bundle, manifest=manifest).with_arrays(written_arrays(beside))


def _gate_of(manifest: dict[str, Any]) -> Sigmoid:
    entry: Any = manifest.get(GATE)
    try:
        gate = Sigmoid(float(entry["slope"]), float(entry["offset"]))
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"the manifest's gate is not understood: {entry!r}", hint=TRAIN_AGAIN) from error
    if not np.isfinite([gate.slope, gate.offset]).all():
        raise BundleError(f"the manifest's gate is not understood: {entry!r}", hint=TRAIN_AGAIN)
    return gate
