"""Same or different: at which distance two samples are taken for one class, and how often that goes wrong.

No class is in the pairs that the threshold is chosen by and in those that it is measured on. A sample is in many pairs
and those of one class resemble each other, so intervals are over classes.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.core.seeding import derived_seed
from sightline.evaluation.pairs.acceptance import threshold_for
from sightline.evaluation.pairs.sigmoid import Sigmoid, fitted_sigmoid
from sightline.evaluation.scores import PERCENTILES, RESAMPLES, Interval

MOST_SAMPLES = 600
"""Samples that are compared, as many of each class as far as they go: more cost their square."""
LEAST_CLASSES = 4
"""Two to choose by, two to measure on."""

Distances = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class PairRates:
    """A threshold for pairs, and what it was measured at.

    Args:
        rate: The stated share of different pairs that are called same, between 0 and 1.
        distance: Pairs at most so far apart are called same.
        false_acceptance: The share of different pairs that was called same, 0 to 1.
        false_acceptance_interval: At 95 %, over classes.
        false_rejection: The share of same pairs that was called different, 0 to 1.
        false_rejection_interval: At 95 %, over classes.
        classes: How many were compared; none of them was learnt from.
        sigmoid: From minus the distance to the probability of the same class, where same and different are as likely.
    """

    rate: float
    distance: float
    false_acceptance: float
    false_acceptance_interval: Interval
    false_rejection: float
    false_rejection_interval: Interval
    classes: int
    sigmoid: Sigmoid

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def pair_rates(embeddings: NDArray[np.float32], labels: Labels, *, rate: float, seed: int = 0) -> PairRates | None:
    """Choose a threshold by pairs of samples and measure it, each half of the classes by the other half's choice.

    Args:
        embeddings: (N, E) of length one.
        labels: (N,) the class of each.
        rate: The stated rate of false acceptance, between 0 and 1.
        seed: Of the halves, and of the bootstrap.

    Returns:
        The rates; None where fewer than four classes have two samples or more.

    Reference:
        R. M. Bolle, N. K. Ratha, S. Pankanti, "Error analysis of pattern recognition systems - the subsets bootstrap",
        2004. https://doi.org/10.1016/j.cviu.2003.08.002
    """
    chance = np.random.default_rng(derived_seed(seed, "pairs"))
    rows = _compared(labels, chance)
    names, classes = np.unique(labels[rows], return_inverse=True)
    if len(names) < LEAST_CLASSES:
        return None
    one, other = np.triu_indices(len(rows), k=1)
    cosines = embeddings[rows].astype(np.float64) @ embeddings[rows].astype(np.float64).T
    distances = np.sqrt(np.maximum(0, 2 - 2 * cosines[one, other]))
    pairs = np.stack([classes[one], classes[other]])
    alike = pairs[0] == pairs[1]
    called_same, judged = _called_same(distances, pairs, rate, in_first=chance.permutation(len(names)) % 2 == 0)
    intervals = [
        _interval(called_same[kind & judged], pairs[:, kind & judged], len(names), chance) for kind in (~alike, alike)
    ]
    rejected = 1 - called_same[alike & judged].mean()
    sigmoid = fitted_sigmoid(-distances, alike, weights=np.where(alike, 1 / alike.mean(), 1 / (~alike).mean()))
    return PairRates(
        rate=rate,
        distance=threshold_for(rate, distances[~alike]),
        false_acceptance=float(called_same[~alike & judged].mean()),
        false_acceptance_interval=intervals[0],
        false_rejection=float(rejected),
        false_rejection_interval=(1 - intervals[1][1], 1 - intervals[1][0]),
        classes=len(names),
        sigmoid=sigmoid,
    )


def _compared(labels: Labels, chance: np.random.Generator) -> Labels:
    """Return the rows that are compared, of classes with two samples or more."""
    members = [chance.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)]
    able = [rows for rows in members if len(rows) > 1]
    each = max(2, MOST_SAMPLES // max(1, len(able)))
    some = [able[place] for place in chance.permutation(len(able))[: MOST_SAMPLES // 2]]
    return np.sort(np.concatenate([rows[:each] for rows in some])) if some else np.empty(0, np.int64)


def _called_same(
    distances: Distances, pairs: Labels, rate: float, *, in_first: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return which pairs are called same by the half that they are not of, and which are of one half alone.

    Args:
        distances: (P,) of the pairs.
        pairs: (2, P) the classes of each.
        in_first: (classes,) which half each class is of.
    """
    called, halves = np.zeros(len(distances)), in_first[pairs]
    within = halves[0] == halves[1]
    for half in (False, True):
        judged, chosen_by = within & (halves[0] == half), within & (halves[0] != half)
        threshold = threshold_for(rate, distances[chosen_by & (pairs[0] != pairs[1])])
        called[judged] = distances[judged] <= threshold
    return called, within


def _interval(called: NDArray[np.float64], pairs: Labels, classes: int, chance: np.random.Generator) -> Interval:
    """Return the middle 95 % of the share over classes drawn anew: a pair counts as often as both its classes do."""
    cells = pairs[0] * classes + pairs[1]
    sums, counts = (
        np.bincount(cells, weights=weights, minlength=classes**2).reshape(classes, classes).astype(np.float64)
        for weights in (called, np.ones_like(called))
    )
    times = chance.multinomial(classes, np.full(classes, 1 / classes), RESAMPLES).astype(np.float64)
    own = np.eye(classes, dtype=bool)

    def totals(table: NDArray[np.float64]) -> NDArray[np.float64]:
        across: NDArray[np.float64] = ((times @ np.where(own, 0, table)) * times).sum(axis=1) + times @ np.diag(table)
        return across

    drawn = totals(counts)
    shares = totals(sums)[drawn > 0] / drawn[drawn > 0]
    low, high = np.percentile(shares, PERCENTILES)
    share = float(called.mean())
    return min(float(low), share), max(float(high), share)
