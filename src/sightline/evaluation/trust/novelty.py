"""How unlike everything that a model has learnt from a picture is, said in four ways; larger is stranger.

Each is made from what the model's last layer read of pictures that it has learnt from, and keeps arrays alone, so that
a model file can hold it and anything can compute it.
"""

from dataclasses import dataclass, fields
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from sightline.evaluation.temperature import softmax

NEIGHBOURS = 5
MOST_AXES = 128
"""Directions in which Mahalanobis distances are taken: those in which pictures differ most."""
SHRINKAGE = 0.1
"""Of a covariance towards its mean variance, so that few pictures have one that can be inverted."""
LEAST_VARIANCE = 1e-12

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Impression:
    """What a model makes of some pictures.

    Args:
        logits: (N, C), calibrated.
        features: (N, F): what its last layer reads, before any standardising.
    """

    logits: Floats
    features: Floats

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.logits)

    def at(self, rows: NDArray[Any]) -> "Impression":
        """Return some of the pictures, by their places or by whether each is wanted."""
        return Impression(self.logits[rows], self.features[rows])


class Novelty(Protocol):
    """One way to say how strange a picture is; a record of arrays."""

    @classmethod
    def fitted(cls, features: Floats, labels: NDArray[np.int64]) -> Self:
        """Return it for (N, F) features of what was learnt from, and their (N,) labels."""

    def strangeness(self, seen: Impression) -> NDArray[np.float64]:
        """Return how strange each picture is, (N,)."""


@dataclass(frozen=True, eq=False)
class MaximumSoftmax:
    """Minus the largest probability.

    Reference:
        D. Hendrycks, K. Gimpel, "A Baseline for Detecting Misclassified and Out-of-Distribution Examples in Neural
        Networks", ICLR 2017. https://arxiv.org/abs/1610.02136
    """

    @classmethod
    def fitted(cls, features: Floats, labels: NDArray[np.int64]) -> Self:  # noqa: ARG003 - it needs nothing of them
        """Return it; nothing is fitted."""
        return cls()

    def strangeness(self, seen: Impression) -> NDArray[np.float64]:
        """Return how strange each picture is, (N,)."""
        largest: NDArray[np.float64] = softmax(seen.logits.astype(np.float64)).max(axis=1)
        return -largest


@dataclass(frozen=True, eq=False)
class MaximumLogit:
    """Minus the largest logit, which does not hide that all classes are far.

    Reference:
        D. Hendrycks et al., "Scaling Out-of-Distribution Detection for Real-World Settings", ICML 2022.
        https://arxiv.org/abs/1911.11132
    """

    @classmethod
    def fitted(cls, features: Floats, labels: NDArray[np.int64]) -> Self:  # noqa: ARG003 - it needs nothing of them
        """Return it; nothing is fitted."""
        return cls()

    def strangeness(self, seen: Impression) -> NDArray[np.float64]:
        """Return how strange each picture is, (N,)."""
        largest: NDArray[np.float64] = seen.logits.astype(np.float64).max(axis=1)
        return -largest


@dataclass(frozen=True, eq=False)
class NearestNeighbours:
    """How far the fifth nearest picture is that was learnt from: one minus the cosine of the angle between features.

    Args:
        known: (n, F) float16, rows of length one.

    Reference:
        Y. Sun, Y. Ming, X. Zhu, Y. Li, "Out-of-Distribution Detection with Deep Nearest Neighbors", ICML 2022.
        https://arxiv.org/abs/2204.06507
    """

    known: Floats

    @classmethod
    def fitted(cls, features: Floats, labels: NDArray[np.int64]) -> Self:  # noqa: ARG003 - it asks no class
        """Return it for what was learnt from."""
        return cls(of_length_one(features).astype(np.float16))

    def strangeness(self, seen: Impression) -> NDArray[np.float64]:
        """Return how strange each picture is, (N,), 0 to 2."""
        near = of_length_one(seen.features) @ self.known.astype(np.float32).T  # (N, n)
        place = near.shape[1] - min(NEIGHBOURS, near.shape[1])
        return 1 - np.partition(near, place, axis=1)[:, place].astype(np.float64)


@dataclass(frozen=True, eq=False)
class RelativeMahalanobis:
    """How much farther the nearest class is than all pictures together, each measured by its own spread.

    Args:
        centre: (F,) the mean of all.
        axes: (F, Q) the directions in which pictures differ most.
        means: (C, Q) of each class, from the centre.
        within: (Q, Q) the inverse covariance within classes.
        around: (Q, Q) the inverse covariance of all.

    Reference:
        J. Ren et al., "A Simple Fix to Mahalanobis Distance for Improving Near-OOD Detection", 2021.
        https://arxiv.org/abs/2106.09022
    """

    centre: Floats
    axes: Floats
    means: Floats
    within: Floats
    around: Floats

    @classmethod
    def fitted(cls, features: Floats, labels: NDArray[np.int64]) -> Self:
        """Return it for what was learnt from; classes without a picture have no mean."""
        values = of_length_one(features).astype(np.float64)
        centre = values.mean(axis=0)
        axes = np.linalg.svd(values - centre, full_matrices=False)[2][:MOST_AXES].T
        places = (values - centre) @ axes
        present, codes = np.unique(labels, return_inverse=True)
        means = np.stack([places[codes == code].mean(axis=0) for code in range(len(present))])
        arrays = (centre, axes, means, _inverse_spread(places - means[codes]), _inverse_spread(places))
        return cls(*(array.astype(np.float32) for array in arrays))

    def strangeness(self, seen: Impression) -> NDArray[np.float64]:
        """Return how strange each picture is, (N,)."""
        places = (of_length_one(seen.features).astype(np.float64) - self.centre) @ self.axes.astype(np.float64)
        to_classes = [_squared_distances(places - mean, self.within) for mean in self.means]
        nearest: NDArray[np.float64] = np.min(to_classes, axis=0) - _squared_distances(places, self.around)
        return nearest


NOVELTIES: dict[str, type[Novelty]] = {
    "neighbours": NearestNeighbours,
    "mahalanobis": RelativeMahalanobis,
    "logit": MaximumLogit,
    "softmax": MaximumSoftmax,
}
"""Every way by its name; the first is taken where classes held out in turn tell of no better one."""


def arrays_of(novelty: Any) -> dict[str, Floats]:
    """Return the arrays of a record by the names of its fields."""
    return {entry.name: getattr(novelty, entry.name) for entry in fields(novelty)}


def of_length_one(features: Floats) -> NDArray[np.float32]:
    """Return (N, F) features with rows of length one; a row of zeros stays as it is."""
    values = np.asarray(features, np.float32)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    rows: NDArray[np.float32] = (values / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return rows


def _inverse_spread(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the inverse of the covariance of centred (N, Q) places, shrunk towards its mean variance."""
    covariance = places.T @ places / max(1, len(places))
    side = len(covariance)
    mean_variance = max(float(np.trace(covariance)) / side, LEAST_VARIANCE)
    shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * mean_variance * np.eye(side)
    return np.asarray(np.linalg.inv(shrunk), np.float64)


def _squared_distances(differences: NDArray[np.float64], inverse: Floats) -> NDArray[np.float64]:
    distances: NDArray[np.float64] = np.einsum("nq,qp,np->n", differences, inverse.astype(np.float64), differences)
    return distances
