"""Answers of a classifier to which classes were enrolled: its head's for those it has learnt, and a gate beside it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sightline.core.errors import BundleError
from sightline.evaluation.pairs.acceptance import Acceptance
from sightline.evaluation.pairs.sigmoid import Sigmoid
from sightline.evaluation.trust.enrolled_fit import Expectation
from sightline.inference.arrays.array_file import written_arrays
from sightline.inference.arrays.enrolled_fit import FIT, enrolled_fit_in, fit_arrays
from sightline.inference.bundle import TRAIN_AGAIN, Bundle
from sightline.inference.graph import Floats, Probabilities
from sightline.inference.manifest import CLASSIFICATION, EXTENDED, FIXED, LEARNT, classes_of, learnt_of
from sightline.inference.prediction import Match
from sightline.inference.signature import FEATURES, OUTPUT
from sightline.inference.support.anchors import ANCHORS, Anchors, anchors_in
from sightline.inference.support.decision import Decided
from sightline.inference.support.distances import prototypes
from sightline.inference.support.gate import Space, fitted_gate
from sightline.inference.support.nearest import arrays_of
from sightline.inference.support.roster import Roster
from sightline.inference.support.support_set import SUPPORT, SupportSet, support_set_in

GATE, EXPECTED = "gate", "expected"


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
        self._fit = enrolled_fit_in(arrays)
        self.expected = _expected_of(bundle.manifest)
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
        matches = list(map(self._match, embedded, likeliest.tolist()))
        return Decided(probabilities, matches, enrolled_typicality=self._typicality(embedded, likeliest))

    def _joint(self, learnt: Probabilities, embedded: Floats) -> Probabilities:
        odds = np.exp(np.clip(self._gate.log_odds(self._space.margins(embedded, self._prototypes)), -80, 80))
        both = np.concatenate([learnt.astype(np.float64), odds], axis=1)
        shares: Probabilities = (both / both.sum(axis=1, keepdims=True)).astype(np.float32)
        return shares

    def _typicality(self, embedded: Floats, likeliest: npt.NDArray[np.int64]) -> npt.NDArray[np.float64] | None:
        """Return how well each picture fits the enrolled class that it is named as, NaN for a learnt one."""
        if self._fit is None:
            return None
        cosines = np.einsum("nf,nf->n", embedded, self._prototypes[np.maximum(likeliest, 0)])
        return np.where(likeliest < 0, np.nan, self._fit.typicality(cosines.astype(np.float64)))

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
            copy=self.support.copies[picture],
            is_stranger=False,
        )


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
    kept = {name: array for name, array in arrays.items() if not name.startswith((SUPPORT, ANCHORS, FIT))}
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
    # A network that learnt to see by its classes puts these closer together than new ones: they promise too much.
    is_fixed = manifest.get(FIXED) is True
    entry = gate.sigmoid.as_json() | ({EXPECTED: gate.expected.as_json()} if is_fixed else {})
    manifest |= {"task": EXTENDED, "classes": [*learnt, *roster.classes], LEARNT: len(learnt), GATE: entry}
    beside = kept | known.arrays() | roster.support.arrays() | (fit_arrays(gate.fit) if is_fixed else {})
    return replace(bundle, manifest=manifest).with_arrays(written_arrays(beside))


def _gate_of(manifest: dict[str, Any]) -> Sigmoid:
    entry: Any = manifest.get(GATE)
    try:
        gate = Sigmoid(float(entry["slope"]), float(entry["offset"]))
    except (KeyError, TypeError, ValueError) as error:
        raise _misunderstood(entry) from error
    if not np.isfinite([gate.slope, gate.offset]).all():
        raise _misunderstood(entry)
    return gate


def _expected_of(manifest: dict[str, Any]) -> Expectation | None:
    """Return what its enrolled classes will bring and cost; None where an older file does not say it."""
    entry: Any = manifest[GATE]
    try:
        return Expectation.of_json(entry[EXPECTED]) if EXPECTED in entry else None
    except ValueError as error:
        raise _misunderstood(entry) from error


def _misunderstood(entry: Any) -> BundleError:
    return BundleError(f"the manifest's gate is not understood: {entry!r}", hint=TRAIN_AGAIN)
