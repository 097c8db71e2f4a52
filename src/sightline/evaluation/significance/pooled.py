"""How sure a share of right answers is, where pictures come in groups or were asked about more than once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.core.intervals import Interval, share_interval


@dataclass(frozen=True)
class PooledShare:
    """A share of right answers over all folds; both in 0 to 1.

    Args:
        share: The mean over pictures, of each the mean over repeats.
        interval: The 95 % interval of it.
        pictures: How many pictures were asked about.
        effective: As many pictures, none of them bound to another, would be as sure.
    """

    share: float
    interval: Interval
    pictures: int
    effective: float


def pooled_share(right: ArrayLike, units: ArrayLike) -> PooledShare:
    """Return the share of right answers to pictures that stood in no model's training, with its interval.

    Each picture counts once, however often it was asked about: its answers are averaged. Pictures of one unit are one
    observation. The variance between units says how many pictures of their own would be as sure, never more than
    there are, since repeats bring no new ones; Wilson's interval is made of so many, so that it stays within 0 to 1.
    What it holds is the share that the models of the folds name rightly of new pictures; a model that learns from all
    of them mostly does a little better.

    Args:
        right: (R, N) whether each of N pictures was named rightly, once a repeat.
        units: (N,) the same number for pictures that stay together, such as those of a patient.

    Raises:
        ValueError: The shapes do not fit, or there is no picture.

    Reference:
        P. Bayle, A. Bayle, L. Janson, L. Mackey, "Cross-validation confidence intervals for test error", NeurIPS 2020
        (the pooled variance). https://arxiv.org/abs/2007.12671
        E. L. Korn, B. I. Graubard, "Confidence intervals for proportions with small expected number of positive counts
        estimated from survey data", Survey Methodology 24, 1998 (the effective number).
        https://www150.statcan.gc.ca/n1/en/catalogue/12-001-X19980024356
    """
    answers, bound = np.asarray(right, dtype=np.float64), np.asarray(units)
    if answers.ndim != 2 or answers.shape[1:] != bound.shape or not answers.size:  # noqa: PLR2004 - R and N
        raise ValueError(f"right must be (R, N) and units (N,), not {answers.shape} and {bound.shape}")
    means: NDArray[np.float64] = answers.mean(axis=0)  # (N,)
    share, count = float(means.mean()), len(means)
    _, places = np.unique(bound, return_inverse=True)
    deviations: NDArray[Any] = np.bincount(
        places, weights=means - share
    )  # of each unit's sum from what is expected of it
    effective = _effective(share, deviations, count)
    return PooledShare(share, share_interval(share, effective), count, effective)


def _effective(share: float, deviations: NDArray[np.float64], count: int) -> float:
    """Return how many pictures of their own would have the variance that these units show; no more than there are."""
    units, spread = len(deviations), float((deviations**2).sum())
    alone = share * (1 - share)
    if units == 1 or not alone or not spread:
        return float(units)
    variance = spread / count**2 * units / (units - 1)
    return min(float(count), alone / variance)
