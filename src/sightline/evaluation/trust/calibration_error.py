"""How far confidence and accuracy lie apart, and how far probabilities lie from the truth."""

from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.core.intervals import NORMAL_QUANTILE, Interval
from sightline.evaluation.scores import PERCENTILES, checked

BINS = 15
"""As in Guo et al. (2017)."""
DRAWS = 300
FEWEST_FOR_AN_INTERVAL = 2


class Measured(NamedTuple):
    """A figure with its 95 % interval."""

    value: float
    interval: Interval


def expected_calibration_error(probabilities: ArrayLike, labels: ArrayLike, *, bins: int = BINS) -> float:
    """Return how far confidence and accuracy lie apart, on average over bins of equal width.

    Args:
        probabilities: (N, C) in 0 to 1.
        labels: (N,) whole numbers in 0 to C - 1.
        bins: Of the largest probability; few pictures in many bins make it larger than it is.

    Returns:
        0 to 1; 0.05 says that a confidence of 80 % is right about 75 or 85 times in a hundred.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.

    Reference:
        M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian
        Binning", AAAI 2015. https://doi.org/10.1609/aaai.v29i1.9602
    """
    confidence, right = _answers(probabilities, labels)
    places = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)  # bins are open below
    return float(np.abs(np.bincount(places, right - confidence, bins)).sum() / len(right))


def debiased_calibration_error(probabilities: ArrayLike, labels: ArrayLike, *, bins: int = BINS) -> Measured:
    """Return the root mean square distance of confidence and accuracy, without what chance adds, with an interval.

    A bin's accuracy is a share of few pictures, so it lies off its confidence even where every confidence is true. The
    variance that this adds to the squared distance is taken away. The plain error, whose distances are not squared, is
    never larger than the truth of this one.

    Args:
        probabilities: (N, C) in 0 to 1.
        labels: (N,) whole numbers in 0 to C - 1.
        bins: Of as many answers each, sorted by the largest probability; fewer where each would have less than two.

    Returns:
        0 to 1, and its bootstrap interval, moved onto the value.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.

    Reference:
        A. Kumar, P. Liang, T. Ma, "Verified Uncertainty Calibration", NeurIPS 2019, section 5.
        https://arxiv.org/abs/1909.10155
    """
    confidence, right = _answers(probabilities, labels)
    value, generator = _debiased_square(confidence, right, bins), np.random.default_rng(0)
    draws = np.empty(DRAWS)
    for draw in range(DRAWS):
        rows = generator.integers(0, len(right), len(right))
        draws[draw] = _debiased_square(confidence[rows], right[rows], bins)
    low, high = np.percentile(draws, PERCENTILES) + (value - draws.mean())
    root, ends = sqrt(max(0.0, value)), np.sqrt(np.clip([low, high], 0, 1)).tolist()
    return Measured(root, (min(ends[0], root), max(ends[1], root)))


def brier_score(probabilities: ArrayLike, labels: ArrayLike) -> Measured:
    """Return the mean squared distance of probabilities and truth, summed over the classes: 0 at best, 2 at worst.

    Args:
        probabilities: (N, C) in 0 to 1.
        labels: (N,) whole numbers in 0 to C - 1.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.

    Reference:
        G. W. Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 78, 1950.
        https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2

    Example:
        >>> round(brier_score([[0.8, 0.2], [0.6, 0.4]], [0, 1]).value, 2)
        0.4
    """
    truth, table = checked(labels, probabilities)
    distances = table.astype(np.float64)
    distances[np.arange(len(table)), truth] -= 1
    scores = np.square(distances).sum(axis=1)
    value = float(scores.mean())
    if len(scores) < FEWEST_FOR_AN_INTERVAL:
        return Measured(value, (0.0, 2.0))
    reach = NORMAL_QUANTILE * float(scores.std(ddof=1)) / sqrt(len(scores))
    return Measured(value, (max(0.0, value - reach), min(2.0, value + reach)))


def _answers(probabilities: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how sure each answer is, and whether it is right, each (N,)."""
    truth, table = checked(labels, probabilities)
    return table.max(axis=1).astype(np.float64), (table.argmax(axis=1) == truth).astype(np.float64)


def _debiased_square(confidence: NDArray[np.float64], right: NDArray[np.float64], bins: int) -> float:
    """Return an unbiased estimate of the mean squared distance; below 0 where chance took more away than there is."""
    order = np.argsort(confidence, kind="stable")
    edges = np.linspace(0, len(order), min(bins, max(1, len(order) // 2)) + 1).astype(np.int64)[:-1]
    counts = np.diff(np.append(edges, len(order))).astype(np.float64)
    accuracy = np.add.reduceat(right[order], edges) / counts
    gaps = accuracy - np.add.reduceat(confidence[order], edges) / counts
    chance = accuracy * (1 - accuracy) / np.maximum(counts - 1, 1)
    return float((counts * (np.square(gaps) - chance)).sum() / counts.sum())
