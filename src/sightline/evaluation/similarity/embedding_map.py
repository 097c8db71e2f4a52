"""Embeddings in a plane: the two directions in which they differ most."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWN_CLASSES, DRAWN_OF_A_CLASS = 24, 6


@dataclass(frozen=True, eq=False)
class EmbeddingMap:
    """Pictures at the places that their embeddings have in a plane.

    Args:
        places: (n, 2) in 0 to 1, to the right and upwards.
        share: Of the embeddings' variance, that the plane shows, 0 to 1.
        labels: (n,) the class of each, an index of `classes`.
        classes: The names that labels are indices of.
        pictures: n of (h, w, 3) uint8.
    """

    places: NDArray[np.float64]
    share: float
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    pictures: tuple[NDArray[np.uint8], ...]


def drawn_rows(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return which of some pictures are drawn: a few of each of the first classes.

    Args:
        labels: (n,) the class of each, at least one.
    """
    firsts = [np.flatnonzero(labels == label)[:DRAWN_OF_A_CLASS] for label in np.unique(labels)[:DRAWN_CLASSES]]
    return np.concatenate(firsts)


def principal_plane(embeddings: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """Return where embeddings lie in the plane of their first two principal components, and its share of the variance.

    Args:
        embeddings: (n, E), at least one.

    Returns:
        (n, 2) in 0 to 1 along both, and a number from 0 to 1. A component's sign is such that its largest part is
        positive, so that the same embeddings have the same places.

    Reference:
        Pearson, "On lines and planes of closest fit to systems of points in space" (1901).
        https://doi.org/10.1080/14786440109462720
    """
    centred = embeddings.astype(np.float64) - embeddings.mean(axis=0, dtype=np.float64)
    _, lengths, directions = np.linalg.svd(centred, full_matrices=False)
    first = directions[:2]
    first *= np.sign(first[np.arange(len(first)), np.abs(first).argmax(axis=1)])[:, None]
    along = np.zeros((len(embeddings), 2))
    along[:, : len(first)] = centred @ first.T
    low, high = along.min(axis=0), along.max(axis=0)
    variance = np.square(lengths)
    share = float(variance[:2].sum() / variance.sum()) if variance.sum() > 0 else 0.0
    return (along - low) / np.where(high > low, high - low, 1), share
