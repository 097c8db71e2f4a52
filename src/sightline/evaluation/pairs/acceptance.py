"""Who is let in: a threshold of distances for a stated rate of false acceptance, and what that rate is worth.

A stranger, a sample of none of the known classes, that is taken for one of them is a false acceptance. The threshold
is chosen by strangers, and what it is worth is measured on others. Samples of one class resemble each other, so it is
classes that are counted: none is chosen by and measured on, and intervals are as wide as so few of them allow.
Where classes come in groups that resemble each other, such as letters of an alphabet, it is groups in their place.
"""

from dataclasses import asdict, dataclass
from math import floor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.core.percent import percent
from sightline.core.seeding import derived_seed
from sightline.evaluation.scores import NORMAL_QUANTILE, Interval, wilson_interval
from sightline.evaluation.words import interval_words

RATE = 0.05
"""Stated where nobody states another: of twenty strangers one is let in."""
FOLDS = 10


@dataclass(frozen=True)
class Acceptance:
    """A threshold and what it was measured at.

    Args:
        rate: The stated rate of false acceptance, between 0 and 1.
        distance: What lies at most so far away is let in.
        measured: The rate on strangers of classes that the threshold was not chosen by, 0 to 1.
        interval: Of `measured`, at 95 %, over classes.
        count: How many strangers there were.
        classes: Of how many classes they were, or of how many groups of classes.
    """

    rate: float
    distance: float
    measured: float
    interval: Interval
    count: int
    classes: int

    @property
    def words(self) -> str:
        r"""What the threshold is, and what it was measured at.

        Example:
            >>> Acceptance(0.05, 0.61, 0.04, (0.02, 0.08), 500, 20).words
            'farther than 0.610; of strangers 4.0\xa0% (2.0 to 8.0\xa0%) are taken for a class, stated 5.0\xa0%'
        """
        share = f"{percent(self.measured)} ({interval_words(self.interval)})"
        return (
            f"farther than {self.distance:.3f}; of strangers {share} are taken for a class, stated {percent(self.rate)}"
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self) | {"interval": list(self.interval)}


def acceptance_at(rate: float, distances: ArrayLike, classes: ArrayLike, *, seed: int = 0) -> Acceptance:
    """Choose a threshold by strangers, and measure what it is worth by cross-validation over their classes.

    The threshold is chosen by all of them. What is measured is the same choice made by nine tenths of the classes and
    judged on the rest, ten times (or as often as there are classes), so it speaks of classes that are new to it.

    Args:
        rate: The stated rate of false acceptance, between 0 and 1.
        distances: (S,) finite: how far each stranger is from what it is nearest to; larger is stranger.
        classes: (S,) whole numbers: the class of each stranger, or its group of classes.
        seed: Decides which classes are judged together.

    Raises:
        ValueError: The shapes do not fit, there are no strangers, or a value is out of its range.
    """
    values, groups = np.asarray(distances, np.float64), np.asarray(classes)
    if values.ndim != 1 or values.shape != groups.shape or not len(values):
        raise ValueError(f"expected a distance and a class a stranger; got {values.shape} and {groups.shape}")
    names = np.unique(groups)
    order = np.random.default_rng(derived_seed(seed, "acceptance")).permutation(names)
    is_accepted = np.zeros(len(values), dtype=bool)
    for fold in np.array_split(order, min(FOLDS, len(names))):
        judged = np.isin(groups, fold)
        is_accepted[judged] = values[judged] <= threshold_for(rate, values[~judged])
    return Acceptance(
        rate,
        threshold_for(rate, values),
        float(is_accepted.mean()),
        clustered_interval(is_accepted, groups),
        len(values),
        len(names),
    )


def threshold_for(rate: float, distances: ArrayLike) -> float:
    """Return the largest distance at which no more than a rate of strangers is expected to be let in.

    Of S strangers and a new one, each is equally likely to be the nearest, the second and so on. So the new one is as
    near as the k-th nearest of them with a chance of k / (S + 1), which is to be at most the rate.

    Args:
        rate: Between 0 and 1.
        distances: (S,) finite, 0 or more. Of equal ones, all are let in or none is.

    Returns:
        The distance; 0 where there are too few strangers for so low a rate.

    Raises:
        ValueError: The rate is out of its range, or a distance is not finite or below 0.

    Reference:
        V. Vovk, A. Gammerman, G. Shafer, "Algorithmic Learning in a Random World", 2005, chapter 2.
        https://doi.org/10.1007/b106715

    Example:
        >>> threshold_for(0.25, [0.9, 0.5, 0.7, 0.8, 1.1, 1.0, 1.2])
        0.7
    """
    ordered = np.sort(np.asarray(distances, np.float64))
    if not 0 < rate < 1 or not np.isfinite(ordered).all() or (ordered < 0).any():
        raise ValueError(f"the rate must lie between 0 and 1 and distances be 0 or more; got {rate}")
    allowed = min(floor(rate * (len(ordered) + 1) + 1e-9), len(ordered))
    reached = ordered[:allowed]
    if allowed and allowed < len(ordered):
        reached = reached[reached < ordered[allowed]]
    return float(reached[-1]) if len(reached) else 0.0


def clustered_interval(is_accepted: ArrayLike, classes: ArrayLike) -> Interval:
    """Return the 95 % interval of a share of samples that come in classes.

    It is Wilson's interval for as many independent samples as would tell as much: fewer than there are where whole
    classes are let in or kept out together. Where no sample differs from another, each class counts as one.

    Args:
        is_accepted: (S,) whether each sample was let in.
        classes: (S,) the class of each.

    Reference:
        C. Franco, R. J. A. Little, T. A. Louis, E. V. Slud, "Comparative Study of Confidence Intervals for Proportions
        in Complex Sample Surveys", Journal of Survey Statistics and Methodology 7, 2019: Wilson's interval with the
        effective sample size. https://doi.org/10.1093/jssam/smy019

    Example:
        >>> low, high = clustered_interval([True] * 10 + [False] * 30, [0] * 10 + [1] * 10 + [2] * 10 + [3] * 10)
        >>> f"{low:.2f} to {high:.2f}"  # one class of four, and not ten samples of forty
        '0.02 to 0.87'
    """
    hits = np.asarray(is_accepted, np.float64)
    names, places = np.unique(np.asarray(classes), return_inverse=True)
    sizes, sums = np.bincount(places), np.bincount(places, weights=hits).astype(np.float64)
    if len(names) < 2:  # noqa: PLR2004 - one class says nothing of others
        return 0.0, 1.0
    share = float(hits.mean())
    trials = _effective_trials(share, sums, sizes.astype(np.float64))
    return wilson_interval(share * trials, trials)


def _effective_trials(share: float, sums: NDArray[np.float64], sizes: NDArray[np.float64]) -> float:
    """Return as how many independent samples those of some classes count.

    Args:
        share: Of all samples, 0 to 1.
        sums: (C,) how many of each class were let in.
        sizes: (C,) how many each class has.
    """
    classes, total = len(sizes), float(sizes.sum())
    if share in (0, 1):
        return float(classes)
    variance = classes / (classes - 1) * float(((sums - share * sizes) ** 2).sum()) / total**2
    narrower = (NORMAL_QUANTILE / _student_quantile(classes - 1)) ** 2
    return float(min(total, share * (1 - share) / variance if variance else total) * narrower)


def _student_quantile(degrees: int) -> float:
    """Return where Student's distribution leaves 2.5 % above, to 3 % for three degrees of freedom and more.

    Reference:
        M. Abramowitz, I. A. Stegun, "Handbook of Mathematical Functions", 1964, formula 26.7.5.
    """
    z = NORMAL_QUANTILE
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return float(z + sum(term / degrees**power for power, term in enumerate(terms, 1)))
