"""Same or different: at which distance two samples are taken for one class, and how often that goes wrong.

No cluster is in the pairs that the threshold is chosen by and in those that it is measured on. A sample is in many
pairs and those of one cluster resemble each other, so intervals are over clusters: see
`sightline.evaluation.pairs.clusters`.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.core.intervals import Interval
from sightline.core.seeding import derived_seed
from sightline.evaluation.pairs.acceptance import threshold_for
from sightline.evaluation.pairs.clusters import counted, interval_of
from sightline.evaluation.pairs.sigmoid import Sigmoid, fitted_sigmoid
from sightline.evaluation.scores import RESAMPLES

MOST_SAMPLES = 600
"""Samples that are compared, as many of each class as far as they go: more cost their square."""
LEAST_CLASSES = 2
"""To choose by, and as many others to measure on."""

Distances = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class PairRates:
    """A threshold for pairs, and what it was measured at.

    Args:
        rate: The stated share of different pairs that are called same, between 0 and 1.
        distance: Pairs at most so far apart are called same.
        false_acceptance: The share of different pairs that was called same, 0 to 1.
        false_acceptance_interval: At 95 %, over clusters.
        false_rejection: The share of same pairs that was called different, 0 to 1.
        false_rejection_interval: At 95 %, over clusters.
        classes: How many were compared; none of them was learnt from.
        groups: Of how many groups they are, which are the clusters; 0 where each class is one.
        sigmoid: From minus the distance to the probability of the same class, where same and different are as likely.
    """

    rate: float
    distance: float
    false_acceptance: float
    false_acceptance_interval: Interval
    false_rejection: float
    false_rejection_interval: Interval
    classes: int
    groups: int
    sigmoid: Sigmoid

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def pair_rates(
    embeddings: NDArray[np.float32], labels: Labels, clusters: Labels, *, rate: float, seed: int = 0
) -> PairRates | None:
    """Choose a threshold by pairs of samples and measure it, each half of the clusters by the other half's choice.

    Args:
        embeddings: (N, E) of length one.
        labels: (N,) the class of each.
        clusters: (N,) the cluster of each; those of a class are of one.
        rate: The stated rate of false acceptance, between 0 and 1.
        seed: Of the halves, and of the bootstrap.

    Returns:
        The rates; None where the clusters have no two halves of two classes with two samples or more each.

    Reference:
        R. M. Bolle, N. K. Ratha, S. Pankanti, "Error analysis of pattern recognition systems - the subsets bootstrap",
        2004. https://doi.org/10.1016/j.cviu.2003.08.002
    """
    chance = np.random.default_rng(derived_seed(seed, "pairs"))
    rows = _compared(labels, chance)
    classes, cluster_names, places = labels[rows], *np.unique(clusters[rows], return_inverse=True)
    is_first = _halves(classes, places, chance)
    if is_first is None:
        return None
    one, other = np.triu_indices(len(rows), k=1)
    cosines = embeddings[rows].astype(np.float64) @ embeddings[rows].astype(np.float64).T
    distances = np.sqrt(np.maximum(0, 2 - 2 * cosines[one, other]))
    pairs, alike = np.stack([places[one], places[other]]), classes[one] == classes[other]
    called_same, judged = _called_same(distances, is_first[pairs], ~alike, rate)
    shares, intervals = zip(
        *(_share(called_same[kind & judged], pairs[:, kind & judged], len(cluster_names), chance)
          for kind in (~alike, alike)),
        strict=True,
    )  # fmt: skip
    count, groups = counted(classes, places)
    return PairRates(
        rate=rate,
        distance=threshold_for(rate, distances[~alike]),
        false_acceptance=shares[0],
        false_acceptance_interval=intervals[0],
        false_rejection=1 - shares[1],
        false_rejection_interval=(1 - intervals[1][1], 1 - intervals[1][0]),
        classes=count,
        groups=groups,
        sigmoid=fitted_sigmoid(-distances, alike, weights=np.where(alike, 1 / alike.mean(), 1 / (~alike).mean())),
    )


def _compared(labels: Labels, chance: np.random.Generator) -> Labels:
    """Return the rows that are compared, of classes with two samples or more."""
    members = [chance.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)]
    able = [rows for rows in members if len(rows) > 1]
    each = max(2, MOST_SAMPLES // max(1, len(able)))
    some = [able[place] for place in chance.permutation(len(able))[: MOST_SAMPLES // 2]]
    return np.sort(np.concatenate([rows[:each] for rows in some])) if some else np.empty(0, np.int64)


def _halves(classes: Labels, clusters: Labels, chance: np.random.Generator) -> NDArray[np.bool_] | None:
    """Return which of the clusters are of the first half; None where a half has too few classes.

    Args:
        classes: (n,) the class of each sample.
        clusters: (n,) the number of each one's cluster.
    """
    counts = [len(np.unique(classes[clusters == number])) for number in range(clusters.max(initial=-1) + 1)]
    is_first, sizes = np.zeros(len(counts), bool), [0, 0]
    for number in chance.permutation(len(counts)).tolist():
        half = int(sizes[1] < sizes[0])
        is_first[number], sizes[half] = half == 0, sizes[half] + counts[number]
    return is_first if min(sizes) >= LEAST_CLASSES else None


def _called_same(
    distances: Distances, halves: NDArray[np.bool_], unlike: NDArray[np.bool_], rate: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return which pairs are called same by the half that they are not of, and which are of one half alone.

    Args:
        distances: (P,) of the pairs.
        halves: (2, P) whether the clusters of each are of the first half.
        unlike: (P,) which pairs are of two classes.
    """
    called, within = np.zeros(len(distances)), halves[0] == halves[1]
    for half in (False, True):
        judged, chosen_by = within & (halves[0] == half), within & (halves[0] != half)
        called[judged] = distances[judged] <= threshold_for(rate, distances[chosen_by & unlike])
    return called, within


def _share(
    called: NDArray[np.float64], pairs: Labels, clusters: int, chance: np.random.Generator
) -> tuple[float, Interval]:
    """Return the share of pairs that are called same, and its interval over clusters drawn anew.

    A pair counts as often as both its clusters were drawn: their product, or one of them where they are the same.

    Args:
        called: (P,) 1 where it is called same, else 0.
        pairs: (2, P) the numbers of each one's clusters.
        clusters: How many there are.
    """
    cells = pairs[0] * clusters + pairs[1]
    sums, counts = (
        np.bincount(cells, weights=weights, minlength=clusters**2).reshape(clusters, clusters).astype(np.float64)
        for weights in (called, np.ones_like(called))
    )
    times = chance.multinomial(clusters, np.full(clusters, 1 / clusters), RESAMPLES).astype(np.float64)
    own = np.eye(clusters, dtype=bool)

    def totals(table: NDArray[np.float64]) -> NDArray[np.float64]:
        across: NDArray[np.float64] = ((times @ np.where(own, 0, table)) * times).sum(axis=1) + times @ np.diag(table)
        return across

    drawn = totals(counts)
    shares, share = totals(sums)[drawn > 0] / drawn[drawn > 0], float(called.mean())
    return share, interval_of(share, float(shares.var()), clusters=clusters, samples=len(called))
