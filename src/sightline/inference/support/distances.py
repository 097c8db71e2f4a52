"""How far embeddings are from classes: from the mean of each, or from its nearest pictures."""

import numpy as np
import numpy.typing as npt

from sightline.inference.graph import Floats

Distances = npt.NDArray[np.float64]
"""Between 0 and 2, for all embeddings have length one."""
SPREAD = 4.0
"""More than the largest distance, so that classes stay apart in one sort."""


def unit(rows: Floats) -> Floats:
    """Return (N, F) rows with length one; a row of zeros stays as it is."""
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    scaled: Floats = (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return scaled


def prototypes(embeddings: Floats, labels: npt.NDArray[np.int64]) -> Floats:
    """Return the mean embedding of each class, again with length one.

    Args:
        embeddings: (M, E) float32, class after class.
        labels: (M,) int64, ascending from 0, none left out.

    Returns:
        (classes, E) float32.

    Reference:
        J. Snell, K. Swersky, R. Zemel, "Prototypical Networks for Few-shot Learning", 2017, equation 1.
        https://arxiv.org/abs/1703.05175
    """
    starts = np.flatnonzero(np.diff(labels, prepend=-1))
    return unit(np.add.reduceat(embeddings.astype(np.float64), starts, axis=0).astype(np.float32))


def squared_distances(embeddings: Floats, others: Floats) -> Distances:
    """Return (N, M) squared Euclidean distances of (N, E) and (M, E) embeddings of length one."""
    return np.maximum(0, 2 - 2 * (embeddings @ others.T).astype(np.float64))


def mean_of_nearest(distances: Distances, labels: npt.NDArray[np.int64], neighbours: int) -> Distances:
    """Return how far samples are from each class: the mean distance of its nearest pictures.

    Args:
        distances: (N, M) of N samples from M pictures.
        labels: (M,) int64, ascending from 0, none left out: the class of each picture.
        neighbours: How many of each class, 1 or more; all, of a class that has fewer.

    Returns:
        (N, classes).
    """
    starts = np.flatnonzero(np.diff(labels, prepend=-1))
    counts = np.diff(starts, append=len(labels))
    ordered = np.sort(SPREAD * labels + distances, axis=1) - SPREAD * labels  # each class by itself, nearest first
    is_near = np.arange(len(labels)) - starts[labels] < neighbours
    sums = np.add.reduceat(np.where(is_near, ordered, 0), starts, axis=1)
    return sums / np.minimum(counts, neighbours)
