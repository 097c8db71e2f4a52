"""Answers from a support set: the nearest class, how far it is, and whether it is near enough."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from sightline.core.errors import BundleError
from sightline.core.pieces import pieces
from sightline.evaluation.pairs.acceptance import Acceptance, acceptance_at
from sightline.evaluation.temperature import FACTORS, softmax
from sightline.inference.arrays.array_file import Arrays, written_arrays
from sightline.inference.bundle import TRAIN_AGAIN, Bundle
from sightline.inference.graph import Floats, Probabilities
from sightline.inference.manifest import classes_of
from sightline.inference.prediction import Match
from sightline.inference.signature import EMBEDDING, FLOAT32, MOST_VALUES, TensorSpec
from sightline.inference.support.cohort import cohort_in
from sightline.inference.support.decision import Decided
from sightline.inference.support.distances import (
    Distances,
    fair_prototypes,
    likeness_of,
    mean_of_nearest,
    squared_distances,
    unit,
)
from sightline.inference.support.roster import Roster
from sightline.inference.support.support_set import SUPPORT, SupportSet, support_set_in

WIDTH, SCALE, NEIGHBOURS = "embedding", "scale", "neighbours"
"""Keys of the manifest."""
MOST_NEIGHBOURS = 1000
PIECE = 256
"""Strangers whose distances are in memory at a time."""


def embedding_of(manifest: dict[str, Any]) -> tuple[TensorSpec, ...]:
    """Return the only output of a graph that makes embeddings.

    Raises:
        BundleError: The manifest does not say how many numbers one has.
    """
    width = manifest.get(WIDTH)
    if type(width) is not int or not 1 <= width <= MOST_VALUES:
        raise BundleError(f"the manifest's embedding is {width!r}; expected how many numbers it has", hint=TRAIN_AGAIN)
    return (TensorSpec(EMBEDDING, FLOAT32, (width,)),)


def arrays_of(bundle: Bundle) -> Arrays:
    """Return the arrays that a bundle keeps beside its graph; none if it keeps none.

    Raises:
        BundleError: They can't be read.
    """
    try:
        return bundle.named_arrays()
    except ValueError as error:
        raise BundleError(f"the arrays beside the model's graph can't be read: {error}", hint=TRAIN_AGAIN) from error


class NearestRule:
    """The nearest enrolled class wins: the one with the nearest mean, or with the nearest pictures.

    Args:
        bundle: With a support set, of every class a picture or more.

    Attributes:
        support: The enrolled pictures, class after class.

    Raises:
        BundleError: What it needs is missing, or does not fit together.
    """

    reads: tuple[str, ...] = (EMBEDDING,)
    features = EMBEDDING
    expected = None

    def __init__(self, bundle: Bundle) -> None:
        (spec,) = embedding_of(bundle.manifest)
        arrays, self.classes = arrays_of(bundle), classes_of(bundle.manifest)
        self.support: SupportSet = support_set_in(arrays, self.classes, width=spec.shape[0])
        self.cohort = cohort_in(arrays, bundle.manifest, width=spec.shape[0])
        self._scale = _number(bundle.manifest, SCALE, FACTORS)
        self._neighbours = int(_number({NEIGHBOURS: 0} | bundle.manifest, NEIGHBOURS, (0, MOST_NEIGHBOURS)))
        known = self.support if self.cohort is None else self.cohort  # a cohort, for who enrolls does not change it
        likeness = likeness_of(known.embeddings, known.labels)
        self._prototypes = fair_prototypes(self.support.embeddings, self.support.labels, likeness=likeness)
        self._edges = np.searchsorted(self.support.labels, np.arange(len(self.classes) + 1))

    @property
    def roster(self) -> Roster:
        """All classes: each is known by its pictures alone."""
        return Roster(self.classes, self.support)

    @cached_property
    def acceptance(self) -> Acceptance | None:
        """How far a stranger is, for these classes; None where the file holds no strangers to measure by."""
        cohort = None if self.cohort is None else self.cohort.without(self.classes)
        if cohort is None:
            return None
        nearest = [self.distances(cohort.embeddings[piece]).min(axis=1) for piece in pieces(len(cohort.labels), PIECE)]
        return acceptance_at(cohort.rate, np.concatenate(nearest), cohort.labels, cohort.clusters)

    def distances(self, embeddings: Floats) -> Distances:
        """Return (N, classes): how far each of (N, E) embeddings of length one is from each class."""
        if not self._neighbours:
            return np.sqrt(squared_distances(embeddings, self._prototypes))
        apart = np.sqrt(squared_distances(embeddings, self.support.embeddings))
        return mean_of_nearest(apart, self.support.labels, self._neighbours)

    def decide(self, outputs: Sequence[Floats]) -> Decided:
        """Return the softmax of minus squared distances, and the nearest class of each sample."""
        embeddings = unit(outputs[0])
        distances = self.distances(embeddings)
        matches = [self._match(*pair) for pair in zip(embeddings, distances, strict=True)]
        return Decided(self._softmax(distances), matches)

    def probabilities(self, outputs: Sequence[Floats]) -> Probabilities:
        """Return the softmax of minus squared distances."""
        return self._softmax(self.distances(unit(outputs[0])))

    def _softmax(self, distances: Distances) -> Probabilities:
        return softmax(-self._scale * np.square(distances)).astype(np.float32)

    def _match(self, embedding: Floats, distances: Distances) -> Match:
        label = int(distances.argmin())
        begin, end = self._edges[label : label + 2]
        picture = begin + int(np.linalg.norm(self.support.embeddings[begin:end] - embedding, axis=1).argmin())
        distance, acceptance = float(distances[label]), self.acceptance
        return Match(
            label=self.classes[label],
            distance=distance,
            picture=self.support.names[picture],
            digest=self.support.digests[picture].tobytes().hex(),
            copy=self.support.copies[picture],
            is_stranger=acceptance is not None and not distance <= acceptance.distance,
        )


def compared_by(bundle: Bundle, roster: Roster) -> Bundle:
    """Return the bundle of a model that compares pictures with other classes; its weights and graph stay.

    Raises:
        BundleError: No class is left.
    """
    if not roster.classes:
        raise BundleError("the last class can't be forgotten", hint="enroll another one first")
    manifest = bundle.manifest | {"classes": list(roster.classes)}
    kept = {name: array for name, array in arrays_of(bundle).items() if not name.startswith(SUPPORT)}
    return replace(bundle, manifest=manifest).with_arrays(written_arrays(kept | roster.support.arrays()))


def _number(manifest: dict[str, Any], key: str, bounds: tuple[float, float]) -> float:
    value: Any = manifest.get(key)
    if type(value) not in (int, float) or not bounds[0] <= value <= bounds[1]:
        raise BundleError(
            f"the manifest's {key} is {value!r}; expected a number from {bounds[0]:g} to {bounds[1]:g}",
            hint=TRAIN_AGAIN,
        )
    return float(value)
