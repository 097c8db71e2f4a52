"""How far confidence and accuracy lie apart, and how far probabilities lie from the truth."""

from math import erf, exp, pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.evaluation.scores import NORMAL_QUANTILE, PERCENTILES, Interval, checked

BINS = 15
"""As in Guo et al. (2017)."""
DRAWS = 300
FEWEST_FOR_AN_INTERVAL = 2


class Measured(NamedTuple):
    """A figure with its 95 % interval."""

    value: float
    interval: Interval


class _Bins(NamedTuple):
    """Answers in bins of their confidence, each (bins,)."""

    counts: NDArray[np.float64]
    confidence: NDArray[np.float64]
    right: NDArray[np.float64]

    def error(self) -> float:
        """Return the mean distance of confidence and accuracy, as it is measured."""
        return float(np.abs(self.right - self.confidence).sum() / self.counts.sum())

    def debiased_error(self) -> float:
        """Return the mean distance without what chance adds to it, 0 at least."""
        counts, total = np.maximum(self.counts, 1), self.counts.sum()
        shares = self.right / counts
        gaps, spreads = shares - self.confidence / counts, np.sqrt(shares * (1 - shares) / counts)
        expected = sum(
            count * _mean_of_folded(gap, spread)
            for count, gap, spread in zip(self.counts.tolist(), gaps.tolist(), spreads.tolist(), strict=True)
        )
        return max(0.0, 2 * self.error() - float(expected / total))


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
    return _binned(*_answers(probabilities, labels), bins).error()


def debiased_calibration_error(probabilities: ArrayLike, labels: ArrayLike, *, bins: int = BINS) -> Measured:
    """Return the calibration error without the part that the number of pictures adds, with a bootstrap interval.

    A bin's accuracy is a share of few pictures, so it lies off its confidence even where every confidence is true.
    What that adds on average is taken away: of a normal distribution with the bin's spread it is known exactly.

    Args:
        probabilities: (N, C) in 0 to 1.
        labels: (N,) whole numbers in 0 to C - 1.
        bins: Of the largest probability.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.

    Reference:
        A. Kumar, P. Liang, T. Ma, "Verified Uncertainty Calibration", NeurIPS 2019, section 5 and appendix.
        https://arxiv.org/abs/1909.10155
    """
    confidence, right = _answers(probabilities, labels)
    value = _binned(confidence, right, bins).debiased_error()
    generator = np.random.default_rng(0)
    draws = np.array([_redrawn(confidence, right, bins, generator).debiased_error() for _ in range(DRAWS)])
    low, high = np.percentile(draws, PERCENTILES) + (value - draws.mean())
    return Measured(value, (float(np.clip(low, 0, value)), float(np.clip(high, value, 1))))


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


def _binned(confidence: NDArray[np.float64], right: NDArray[np.float64], bins: int) -> _Bins:
    places = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)  # bins are open below
    counts = np.bincount(places, minlength=bins).astype(np.float64)
    return _Bins(counts, np.bincount(places, confidence, bins), np.bincount(places, right, bins))


def _redrawn(
    confidence: NDArray[np.float64], right: NDArray[np.float64], bins: int, generator: np.random.Generator
) -> _Bins:
    rows = generator.integers(0, len(confidence), len(confidence))
    return _binned(confidence[rows], right[rows], bins)


def _mean_of_folded(mean: float, deviation: float) -> float:
    """Return the mean size of a value from a normal distribution, whatever its sign.

    Reference:
        F. C. Leone, L. S. Nelson, R. B. Nottingham, "The Folded Normal Distribution", Technometrics 3, 1961.
        https://doi.org/10.1080/00401706.1961.10489974
    """
    if not deviation:
        return abs(mean)
    ratio = mean / deviation
    return deviation * sqrt(2 / pi) * exp(-(ratio**2) / 2) + mean * erf(ratio / sqrt(2))
