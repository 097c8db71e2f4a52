"""Whether one kind of training does better than another, where each was trained with several seeds."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from sightline.core.intervals import Interval
from sightline.evaluation.significance.verdict import LEVEL, Kind, kind_of


@dataclass(frozen=True)
class SeedComparison:
    """Two kinds of training, judged by the same pictures with several seeds each.

    Args:
        difference: The mean accuracy of the first minus that of the second, -1 to 1.
        interval: Its interval, as wide as the number of comparisons asks for.
    """

    difference: float
    interval: Interval

    @property
    def kind(self) -> Kind:
        """``"better"`` or ``"worse"`` if the interval says so of the first; ``"alike"`` if it holds zero."""
        return kind_of(self.interval)


def compare_seeds(first: ArrayLike, second: ArrayLike, *, comparisons: int = 1) -> SeedComparison:
    """Compare two kinds of training by the same pictures.

    The variance of the difference has two parts: which pictures there are, by the differences picture by picture, and
    which seeds there were, by the spread of the accuracies over them.

    Args:
        first: (S, n) whether each of n pictures was named rightly, once a seed.
        second: (S, n) the same for the other one.
        comparisons: How many are made; each may then err so many times less often (Bonferroni).

    Raises:
        ValueError: The shapes do not fit, or there is nothing to compare.
    """
    rights = [np.asarray(each, dtype=np.float64) for each in (first, second)]
    if rights[0].ndim != 2 or rights[0].shape[1:] != rights[1].shape[1:] or not rights[0].size:  # noqa: PLR2004 - S, n
        raise ValueError(f"both must be (S, n) of the same n pictures, not {rights[0].shape} and {rights[1].shape}")
    differences = rights[0].mean(axis=0) - rights[1].mean(axis=0)  # (n,)
    count = len(differences)
    variance = float(differences.var(ddof=1)) / count if count > 1 else 1.0
    variance += sum(float(right.mean(axis=1).var(ddof=1)) / len(right) for right in rights if len(right) > 1)
    reach = NormalDist().inv_cdf(1 - LEVEL / (2 * comparisons)) * sqrt(variance)
    mean = float(differences.mean())
    return SeedComparison(mean, (max(-1.0, mean - reach), min(1.0, mean + reach)))
