"""Intervals of shares: where the share of all pictures lies, by how many of some went well."""

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

Interval = tuple[float, float]
"""The lower and the upper end of a 95 % interval."""

NORMAL_QUANTILE = 1.959963984540054
"""Of the standard normal distribution, 95 % lies within plus and minus this."""


def wilson_interval(successes: float, trials: float, *, quantile: float = NORMAL_QUANTILE) -> Interval:
    """Return the score interval of a share, at 95 % if nothing else is asked for.

    Unlike the textbook's "plus and minus two standard errors" it stays within 0 to 1, has a width even
    for 0 % and 100 %, and holds for a handful of trials.

    Args:
        successes: How often it went well, 0 to ``trials``.
        trials: How often it was tried, of a survey the effective size; without any, nothing is known: (0, 1).
        quantile: Of the standard normal distribution, above 0: the wider, the surer.

    Returns:
        The lower and the upper end.

    Raises:
        ValueError: ``successes`` lies outside 0 to ``trials``.

    Reference:
        E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of
        the American Statistical Association 22, 1927. https://doi.org/10.1080/01621459.1927.10502953

    Example:
        >>> low, high = wilson_interval(9, 10)
        >>> f"{low:.3f} to {high:.3f}"
        '0.596 to 0.982'
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"successes must lie in 0 to {trials}, not {successes}")
    if trials == 0:
        return 0.0, 1.0
    return share_interval(successes / trials, trials, quantile=quantile)


def share_interval(share: float, trials: float, *, quantile: float = NORMAL_QUANTILE) -> Interval:
    """Return the interval of `wilson_interval` for a share that need not be one of whole numbers.

    Args:
        share: How much of it went well, 0 to 1.
        trials: How often it was tried, above 0; as often as would be as sure, where the trials are not independent.
        quantile: As `wilson_interval` takes it.
    """
    square = quantile**2
    scale = 1 + square / trials
    centre = (share + square / (2 * trials)) / scale
    reach = quantile / scale * sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    low = 0.0 if share == 0 else centre - reach
    high = 1.0 if share == 1 else centre + reach
    return low, high


def mean_share_interval(shares: ArrayLike, trials: ArrayLike, *, quantile: float = NORMAL_QUANTILE) -> Interval:
    """Return the interval of the mean of several shares, which count alike however often each was tried.

    Each counts with two successes and two failures more, so that no share of 100 % is taken for certain.

    Args:
        shares: (G,) how much of each went well, 0 to 1.
        trials: (G,) how often each was tried, independently of the others, above 0.
        quantile: As `wilson_interval` takes it.

    Reference:
        Agresti and Coull, "Approximate Is Better than 'Exact' for Interval Estimation of Binomial Proportions" (1998).
        https://doi.org/10.1080/00031305.1998.10480550
    """
    each, counts = np.asarray(shares, np.float64), np.asarray(trials, np.float64)
    careful = (each * counts + 2) / (counts + 4)
    reach = quantile * float(np.sqrt((careful * (1 - careful) / (counts + 4)).sum())) / len(each)
    mean = float(each.mean())
    return max(mean - reach, 0.0), min(mean + reach, 1.0)
