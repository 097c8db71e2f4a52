"""Who is let in: a threshold of distances for a stated rate of false acceptance, and what that rate is worth.

A stranger, a sample of none of the known classes, that is taken for one of them is a false acceptance. The threshold
is chosen by strangers, and what it is worth is measured on others. It is clusters that are counted: none is chosen by
and measured on, and intervals are as wide as so few of them allow.
"""

from dataclasses import asdict, dataclass
from math import floor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sightline.core.intervals import Interval
from sightline.core.percent import percent
from sightline.core.seeding import derived_seed
from sightline.evaluation.pairs.clusters import clustered_interval, clusters_words, counted
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
        interval: Of `measured`, at 95 %, over clusters.
        count: How many strangers there were.
        classes: Of how many classes they were.
        groups: Of how many groups these are, which are the clusters; 0 where each class is one.
    """

    rate: float
    distance: float
    measured: float
    interval: Interval
    count: int
    classes: int
    groups: int

    @property
    def words(self) -> str:
        r"""What the threshold is, and what it was measured at.

        Example:
            >>> Acceptance(0.05, 0.61, 0.04, (0.02, 0.08), 500, 20, 0).words.partition("; ")[2]
            'of strangers of 20 classes 4.0\xa0% (2.0 to 8.0\xa0%) are taken for a class, stated 5.0\xa0%'
        """
        whose = clusters_words(self.classes, self.groups)
        share = f"{percent(self.measured)} ({interval_words(self.interval)})"
        return (
            f"farther than {self.distance:.3f}; of strangers of {whose} {share} are taken for a class, "
            f"stated {percent(self.rate)}"
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self) | {"interval": list(self.interval)}


def acceptance_at(
    rate: float, distances: ArrayLike, labels: ArrayLike, clusters: ArrayLike, *, seed: int = 0
) -> Acceptance:
    """Choose a threshold by strangers, and measure what it is worth by cross-validation over their clusters.

    The threshold is chosen by all of them. What is measured is the same choice made by nine tenths of the clusters and
    judged on the rest, ten times (or as often as there are clusters), so it speaks of clusters that are new to it.

    Args:
        rate: The stated rate of false acceptance, between 0 and 1.
        distances: (S,) finite: how far each stranger is from what it is nearest to; larger is stranger.
        labels: (S,) the class of each stranger.
        clusters: (S,) the cluster of each; those of a class are of one.
        seed: Decides which clusters are judged together.

    Raises:
        ValueError: The shapes do not fit, there are no strangers, or a value is out of its range.
    """
    values, numbers = np.asarray(distances, np.float64), np.asarray(clusters)
    if values.ndim != 1 or values.shape != numbers.shape or not len(values):
        raise ValueError(f"expected a distance and a cluster a stranger; got {values.shape} and {numbers.shape}")
    names, (classes, groups) = np.unique(numbers), counted(labels, numbers)
    order = np.random.default_rng(derived_seed(seed, "acceptance")).permutation(names)
    is_accepted = np.zeros(len(values), dtype=bool)
    for fold in np.array_split(order, min(FOLDS, len(names))):
        judged = np.isin(numbers, fold)
        is_accepted[judged] = values[judged] <= threshold_for(rate, values[~judged])
    return Acceptance(
        rate,
        threshold_for(rate, values),
        float(is_accepted.mean()),
        clustered_interval(is_accepted, numbers),
        len(values),
        classes,
        groups,
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
