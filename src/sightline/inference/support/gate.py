"""What decides between learnt classes and enrolled ones, fitted on pictures of the learnt ones alone."""

from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
import numpy.typing as npt

from sightline.core.errors import BundleError
from sightline.core.seeding import derived_seed
from sightline.evaluation.pairs.sigmoid import Sigmoid, fitted_sigmoid
from sightline.inference.arrays.array_file import Arrays
from sightline.inference.bundle import TRAIN_AGAIN
from sightline.inference.graph import Floats
from sightline.inference.support.distances import prototypes, unit

Labels = npt.NDArray[np.int64]
Cosines = npt.NDArray[np.float64]

ANCHORS = "anchors."
"""Before the name of each of their arrays."""
FEATURES_ARRAY, LABELS_ARRAY = ANCHORS + "features", ANCHORS + "labels"
MOST_EPISODES = 20
TINY = 1e-12
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

    Returns:
        The gate; its slope is 0, so that it hardly ever opens, where margins tell nothing.

    Raises:
        ValueError: Fewer than two classes have anchors, or none has enough.
    """
    generator = np.random.default_rng(derived_seed(seed, "gate"))
    labels, counts = np.unique(anchors.labels, return_counts=True)
    if len(labels) < 2:  # noqa: PLR2004 - one stands for a new one
        raise ValueError("expected anchors of two classes or more")
    able = generator.permutation(labels[counts >= LEAST_ANCHORS])
    products = (anchors.rows @ anchors.rows.T).astype(np.float64)
    episodes = [_episode(products, anchors.labels, label, shots, generator) for label in islice(able, MOST_EPISODES)]
    if not episodes:
        raise ValueError(f"expected {LEAST_ANCHORS} anchors of a class or more")
    margins, is_new = (np.concatenate(parts) for parts in zip(*episodes, strict=True))
    gate = fitted_sigmoid(margins, is_new)
    return Sigmoid(max(0.0, gate.slope), gate.offset)


def _episode(
    products: Cosines, labels: Labels, label: int, shots: int, generator: np.random.Generator
) -> tuple[Cosines, npt.NDArray[np.bool_]]:
    """Return the margins of all anchors that are asked about, and which are of the class that is enrolled.

    All is worked out from the products of the anchors' rows, whatever their width. The prototype of an anchor's own
    class is made without it, as it is for a new picture.

    Args:
        products: (A, A), of every two anchors.
        labels: (A,) ascending.
        label: The class that is enrolled.
    """
    own = generator.permutation(np.flatnonzero(labels == label))
    enrolled, asked = np.split(own, [min(shots, len(own) // 2)])
    others = np.flatnonzero(labels != label)
    cosines = _centred(products, others)
    _, places, counts = np.unique(labels[others], return_inverse=True, return_counts=True)
    starts = np.cumsum(counts) - counts
    with_sums = np.add.reduceat(cosines[:, others], starts, axis=1)  # (A, L): with the sum of each learnt class
    within = with_sums[others, places]
    squares = np.add.reduceat(within, starts)  # (L,) of the sums' lengths
    nearness = with_sums / np.sqrt(np.maximum(squares, TINY))
    nearness[others, places] = (within - 1) / np.sqrt(np.maximum(squares[places] - 2 * within + 1, TINY))
    with_new = cosines[:, enrolled].sum(axis=1)
    margins = with_new / np.sqrt(max(with_new[enrolled].sum(), TINY)) - nearness.max(axis=1)
    return np.concatenate([margins[asked], margins[others]]), np.arange(len(asked) + len(others)) < len(asked)


def _centred(products: Cosines, others: Labels) -> Cosines:
    """Return the cosines of every two rows once the mean of the others has been taken off them."""
    with_centre = products[:, others].mean(axis=1)
    centred = products - with_centre[:, None] - with_centre + with_centre[others].mean()
    lengths = np.sqrt(np.maximum(np.diag(centred), TINY))
    cosines: Cosines = centred / lengths / lengths[:, None]
    return cosines


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
