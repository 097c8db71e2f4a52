"""Strangers to measure by: pictures of classes that a network was not trained on and that nobody has enrolled."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sightline.core.errors import BundleError
from sightline.evaluation.pairs.acceptance import RATE
from sightline.evaluation.pairs.clusters import clusters_of
from sightline.evaluation.temperature import fitted_temperature
from sightline.inference.arrays.array_file import Arrays
from sightline.inference.bundle import TRAIN_AGAIN
from sightline.inference.support.distances import are_unit, fair_prototypes, likeness_of, squared_distances
from sightline.inference.support.support_set import MOST_NUMBERS, Embeddings, Labels

KEY = "cohort"
EMBEDDINGS, LABELS = "cohort.embeddings", "cohort.labels"
SHOTS = 5
LEAST_CLASSES, LEAST_PICTURES = 2, 2


@dataclass(frozen=True, eq=False)
class Cohort:
    """Pictures of classes that are neither learnt nor enrolled, by which strangers are told.

    Args:
        embeddings: (S, E) float32, each row of length one.
        labels: (S,) int64: the class of each, an index of `classes`.
        classes: Their names; one of them that is enrolled is no stranger any more.
        groups: What each class belongs to, such as a letter's alphabet, ``""`` for nothing; none given, none known.
        rate: The rate of false acceptance that is stated, between 0 and 1.

    Raises:
        ValueError: The arrays do not fit together, or a value is out of its range.
    """

    embeddings: Embeddings
    labels: Labels
    classes: tuple[str, ...]
    groups: tuple[str, ...] = ()
    rate: float = RATE

    def __post_init__(self) -> None:
        """Look at every value, for a model file may hold anything."""
        if self.embeddings.ndim != 2 or self.embeddings.shape[:1] != self.labels.shape or not len(self.labels):  # noqa: PLR2004
            raise ValueError("the cohort's arrays do not fit together")
        if self.embeddings.dtype != np.float32 or self.labels.dtype != np.int64:
            raise ValueError("the cohort's arrays have other types than float32 and int64")
        if not are_unit(self.embeddings):
            raise ValueError("the cohort has an embedding whose length is not one")
        if not ((self.labels >= 0) & (self.labels < len(self.classes))).all() or not 0 < self.rate < 1:
            raise ValueError("the cohort has a class that is not named, or a rate that does not lie between 0 and 1")
        if self.groups and len(self.groups) != len(self.classes):
            raise ValueError("the cohort has groups of other classes than its own")

    @property
    def clusters(self) -> Labels:
        """(S,) which strangers resemble each other; see `sightline.evaluation.pairs.clusters`."""
        groups = self.groups or ("",) * len(self.classes)
        return clusters_of(self.labels, np.array(groups)[self.labels])

    def without(self, enrolled: Iterable[str]) -> "Cohort | None":
        """Return those who are strangers beside some enrolled classes; None where nobody is left."""
        known = {name.casefold() for name in enrolled}
        strangers = np.array([name.casefold() not in known for name in self.classes])[self.labels]
        if not strangers.any():
            return None
        return Cohort(self.embeddings[strangers], self.labels[strangers], self.classes, self.groups, self.rate)

    def arrays(self) -> Arrays:
        """Return what a model file keeps of it, beside its entry in the manifest."""
        return {EMBEDDINGS: self.embeddings, LABELS: self.labels}

    def as_json(self) -> dict[str, Any]:
        """Return its entry in the manifest."""
        groups = {"groups": list(self.groups)} if any(self.groups) else {}
        return {"rate": self.rate, "classes": list(self.classes)} | groups


def cohort_in(arrays: Arrays, manifest: dict[str, Any], *, width: int) -> Cohort | None:
    """Return the cohort that a model file holds; None if it holds none.

    Args:
        arrays: All that the file keeps beside its graph.
        manifest: What the file says of itself.
        width: How many numbers an embedding has.

    Raises:
        BundleError: It is damaged.
    """
    entry: Any = manifest.get(KEY)
    if entry is None:
        return None
    try:
        embeddings, labels, classes, groups = (
            arrays[EMBEDDINGS],
            arrays[LABELS],
            entry["classes"],
            entry.get("groups", []),
        )
        is_small = embeddings.shape[1:] == (width,) and embeddings.size <= MOST_NUMBERS
        if is_small and _are_names(classes) and _are_names(groups):
            return Cohort(embeddings, labels, tuple(classes), tuple(groups), float(entry["rate"]))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BundleError(f"the manifest's cohort is not understood: {error!r}", hint=TRAIN_AGAIN) from error
    raise BundleError("the manifest's cohort is not understood: it has other names or shapes", hint=TRAIN_AGAIN)


def _are_names(classes: Any) -> bool:
    return isinstance(classes, list) and all(isinstance(name, str) for name in classes)


def fitted_scale(embeddings: Embeddings, labels: Labels) -> float:
    """Return the factor on minus squared distances, so that a nearest class is as often right as its softmax is sure.

    Of each class up to five pictures, and at most half of them, are enrolled; the others are asked about.

    Args:
        embeddings: (S, E) float32, each row of length one, of classes that the network was not trained on.
        labels: (S,) int64, any numbers.

    Raises:
        ValueError: There are fewer than two classes of two pictures or more.

    Reference:
        J. Snell, K. Swersky, R. Zemel, "Prototypical Networks for Few-shot Learning", 2017, equation 2: the softmax.
        https://arxiv.org/abs/1703.05175
    """
    groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    groups = [group for group in groups if len(group) >= LEAST_PICTURES]
    if len(groups) < LEAST_CLASSES:
        raise ValueError("expected two classes of two pictures or more to fit a scale on")
    shots = [min(SHOTS, len(group) // 2) for group in groups]
    known = _stacked(embeddings, [group[:shot] for group, shot in zip(groups, shots, strict=True)])
    centres = fair_prototypes(*known, likeness=likeness_of(embeddings, labels))
    asked, truth = _stacked(embeddings, [group[shot:] for group, shot in zip(groups, shots, strict=True)])
    return fitted_temperature(-squared_distances(asked, centres), truth)


def _stacked(embeddings: Embeddings, groups: Sequence[Labels]) -> tuple[Embeddings, Labels]:
    """Return the rows of some groups, one after the other, and which group each is of."""
    return embeddings[np.concatenate(groups)], np.repeat(np.arange(len(groups)), [len(group) for group in groups])
