"""How far embeddings are from classes: from the mean of each, or from its nearest pictures."""

import numpy as np
import numpy.typing as npt

from sightline.inference.graph import Floats

Distances = npt.NDArray[np.float64]
"""Between 0 and 2, for all embeddings have length one."""
LENGTH_TOLERANCE = 1e-3
SPREAD = 4.0
"""More than the largest distance, so that classes stay apart in one sort."""


def unit(rows: Floats) -> Floats:
    """Return (N, F) rows with length one; a row of zeros stays as it is."""
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    scaled: Floats = (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return scaled


def are_unit(rows: Floats) -> bool:
    """Return whether all (N, F) rows have length one, to rounding; rows that hold what is no number have not."""
    with np.errstate(invalid="ignore", over="ignore"):  # a damaged file is refused in words, not warned of
        return bool((np.abs(np.linalg.norm(rows, axis=1) - 1) < LENGTH_TOLERANCE).all())


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


def fair_prototypes(embeddings: Floats, labels: npt.NDArray[np.int64], *, likeness: float) -> Floats:
    """Return the prototypes of classes of different numbers of pictures, so that none wins by its number.

    The mean of many pictures lies nearer to every query than the mean of few, for their noise cancels out; once it has
    length one, that looks like likeness. So each prototype gets the length that a mean of so many pictures has on
    average: `sqrt(likeness + (1 - likeness) / pictures)`. Then a query's product with it expects the same of a class,
    however many pictures it is known by. Among classes of equally many, the order stays as it was.

    Args:
        embeddings: (M, E) float32 of length one, class after class.
        labels: (M,) int64, ascending from 0, none left out.
        likeness: The expected cosine of two pictures of a class, 0 to 1.

    Returns:
        (classes, E) float32, of length one for a class of one picture, and shorter for others.

    Reference:
        K. V. Mardia, P. E. Jupp, "Directional Statistics", 2000: the mean resultant length of a sample, and its bias.
        J. Liu, L. Song, Y. Qin, "Prototype Rectification for Few-Shot Learning", 2020: prototypes of few pictures
        are biased. https://arxiv.org/abs/1911.10713
    """
    counts = np.bincount(labels)
    lengths = np.sqrt(likeness + (1 - likeness) / counts)
    return prototypes(embeddings, labels) * lengths[:, None].astype(np.float32)


def likeness_of(embeddings: Floats, labels: npt.NDArray[np.int64]) -> float:
    """Return the mean cosine of two pictures of one class, over all such pairs; what is below 0 counts as 0.

    Args:
        embeddings: (M, E) float32 of length one.
        labels: (M,) int64, in any order.

    Returns:
        0 to 1; 1 where no class has two pictures.
    """
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    counts = np.diff(starts, append=len(labels))
    pairs = int((counts * (counts - 1)).sum())
    if not pairs:
        return 1.0
    sums = np.add.reduceat(embeddings[order].astype(np.float64), starts, axis=0)
    return float(np.clip((np.square(sums).sum() - counts.sum()) / pairs, 0, 1))


def squared_distances(embeddings: Floats, others: Floats) -> Distances:
    """Return (N, M) squared Euclidean distances of (N, E) and (M, E) embeddings of length one.

    From a shorter one, that of a mean of pictures, it is the mean of the squared distances from these.
    """
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
