"""Sets of classes that hold the truth as often as they promise."""

from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from sightline.evaluation.scores import checked

LEVEL = 0.9
"""The share of pictures whose true class shall be in the set, unless another is asked for."""
ROUNDING = 1e-9


class Coverage(NamedTuple):
    """What prediction sets are worth.

    Args:
        covered: The share of pictures whose true class is in their set.
        mean_size: How many classes a set has, on average.
        empty: The share of pictures whose set has no class.
    """

    covered: float
    mean_size: float
    empty: float


def set_threshold(probabilities: ArrayLike, labels: ArrayLike, level: float = LEVEL) -> float:
    """Return the probability from which on a class belongs to the prediction set (split conformal, LAC).

    Of new pictures that are like these, at least `level` have their true class in the set, whatever the
    model is worth; a worse model has larger sets. A set may be empty: then no class is as likely as true
    classes usually are.

    Args:
        probabilities: (N, C) in 0 to 1.
        labels: (N,) whole numbers in 0 to C - 1.
        level: Between 0 and 1.

    Returns:
        The ceil((N + 1) * level)-th largest probability of a true class; 0, which lets every class in, where
        there are too few pictures to promise the level: fewer than level / (1 - level), nine for 0.9.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.

    Reference:
        M. Sadinle, J. Lei, L. Wasserman, "Least Ambiguous Set-Valued Classifiers With Bounded Error Levels",
        Journal of the American Statistical Association 114, 2019. https://arxiv.org/abs/1609.00451

    Example:
        >>> set_threshold([[0.9, 0.1]] * 8 + [[0.3, 0.7]], [0] * 9), set_threshold([[0.9, 0.1]] * 8, [0] * 8)
        (0.3, 0.0)
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    truth, table = checked(labels, probabilities)
    place = max(1, ceil((len(table) + 1) * level - ROUNDING))
    if place > len(table):
        return 0.0
    return float(np.clip(np.sort(table[np.arange(len(table)), truth])[-place], 0, 1))


def coverage(probabilities: ArrayLike, labels: ArrayLike, threshold: float) -> Coverage:
    """Measure prediction sets on pictures that the threshold was not fitted on.

    Args:
        probabilities: (N, C) in 0 to 1.
        labels: (N,) whole numbers in 0 to C - 1.
        threshold: 0 to 1, see `set_threshold`.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.

    Example:
        >>> coverage([[0.6, 0.4], [0.5, 0.5], [0.9, 0.1]], [0, 1, 1], 0.5)
        Coverage(covered=0.6666666666666666, mean_size=1.3333333333333333, empty=0.0)
    """
    truth, table = checked(labels, probabilities)
    sets = table >= threshold  # (N, C)
    covered, sizes = sets[np.arange(len(table)), truth], sets.sum(axis=1)
    return Coverage(float(covered.mean()), float(sizes.mean()), float((sizes == 0).mean()))
