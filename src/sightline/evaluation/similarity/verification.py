"""Same or different: what a distance is worth, at every threshold.

Samples of one class resemble each other, and each is in many pairs, so pairs say less than their number suggests.
Intervals are of the bootstrap over clusters (`sightline.evaluation.pairs.clusters`): they say what others would show.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.core.intervals import Interval
from sightline.core.seeding import derived_seed
from sightline.evaluation.pairs.clusters import counted, interval_of

Floats = NDArray[np.float64]

FALSE_RATES = (0.01, 0.001)
"""Of false acceptance, at which the true acceptance is reported."""
MOST_CLASSES, MOST_OF_A_CLASS = 80, 20
"""Classes and samples of each that are compared, drawn at random; more would say little more and cost their square."""
BINS = 400
"""Of distances, in the resamples alone."""
RESAMPLES = 300
CURVE_POINTS = 200
LARGEST = 2.0
"""The largest distance between embeddings of unit length."""


@dataclass(frozen=True)
class AcceptedAt:
    """What is let in at one threshold.

    Args:
        false_rate: The share of unlike pairs that is called same, 0 to 1, at most.
        distance: Pairs at most so far apart are called same.
        true_rate: The share of like pairs that is called same, 0 to 1.
        interval: Of the true rate, at 95 %, over clusters.
    """

    false_rate: float
    distance: float
    true_rate: float
    interval: Interval


@dataclass(frozen=True, eq=False)
class Verification:
    """How well a distance tells same from different.

    Args:
        classes: How many were compared; none of them was learnt from.
        groups: Of how many groups they are, which are the clusters; 0 where each class is one.
        like: How many pairs are of one class.
        unlike: How many are of two.
        equal_error: The rate at which as many like pairs are refused as unlike ones are let in, 0 to 1.
        equal_error_interval: At 95 %, over clusters.
        equal_error_distance: The threshold at which that is so.
        area: Under the curve: the chance that a like pair is nearer than an unlike one, 0 to 1.
        area_interval: At 95 %, over clusters.
        accepted: The true acceptance at each of `FALSE_RATES`.
        curve: (n, 2) of false and true acceptance, ascending.
    """

    classes: int
    groups: int
    like: int
    unlike: int
    equal_error: float
    equal_error_interval: Interval
    equal_error_distance: float
    area: float
    area_interval: Interval
    accepted: tuple[AcceptedAt, ...]
    curve: tuple[tuple[float, float], ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def verification_of(
    embeddings: NDArray[np.float32], labels: NDArray[np.int64], clusters: NDArray[np.int64], *, seed: int = 0
) -> Verification | None:
    """Compare all pairs of some samples.

    Args:
        embeddings: (N, E) of unit length.
        labels: (N,) the class of each.
        clusters: (N,) the cluster of each; those of a class are of one.
        seed: Of what is drawn, where there is more than is compared, and of the bootstrap.

    Returns:
        The rates; None where there are fewer than two classes with two samples.

    Reference:
        Receiver operating characteristic, equal error rate, true acceptance at a false acceptance: Jain, Ross and
        Prabhakar, "An introduction to biometric recognition" (2004). https://doi.org/10.1109/TCSVT.2003.818349.
        Resampling of subjects: Bolle, Ratha and Pankanti, "Error analysis of pattern recognition systems - the subsets
        bootstrap" (2004). https://doi.org/10.1016/j.cviu.2003.08.002
    """
    rows = _drawn(labels, np.random.default_rng(derived_seed(seed, "verification")))
    if rows is None:
        return None
    classes, numbers = (np.unique(values[rows], return_inverse=True)[1] for values in (labels, clusters))
    squares = 2 - 2 * embeddings[rows].astype(np.float64) @ embeddings[rows].astype(np.float64).T
    first, second = np.triu_indices(len(rows), k=1)
    distances = np.sqrt(np.clip(squares[first, second], 0, LARGEST**2))
    alike = classes[first] == classes[second]
    like, unlike = np.sort(distances[alike]), np.sort(distances[~alike])
    rate, distance = equal_error(like, unlike)
    points = [_accepted(like, unlike, false_rate) for false_rate in FALSE_RATES]
    chance = np.random.default_rng(derived_seed(seed, "bootstrap"))
    resampled = _resampled(distances, alike, (numbers[first], numbers[second]), chance)
    shares = (rate, _area(like, unlike), *(true_rate for _, true_rate in points))
    count, groups = counted(classes, numbers)
    intervals = [
        interval_of(share, float(values.var()), clusters=groups or count, samples=len(like))
        for share, values in zip(shares, resampled.T, strict=True)
    ]
    return Verification(
        classes=count,
        groups=groups,
        like=len(like),
        unlike=len(unlike),
        equal_error=rate,
        equal_error_interval=intervals[0],
        equal_error_distance=distance,
        area=shares[1],
        area_interval=intervals[1],
        accepted=tuple(
            AcceptedAt(false_rate, *point, interval)
            for false_rate, point, interval in zip(FALSE_RATES, points, intervals[2:], strict=True)
        ),
        curve=_curve(like, unlike),
    )


def equal_error(like: Floats, unlike: Floats) -> tuple[float, float]:
    """Return the rate at which as many like pairs are refused as unlike ones let in, and the distance of that.

    Args:
        like: (n,) distances of like pairs, ascending.
        unlike: (m,) distances of unlike pairs, ascending.

    Example:
        >>> equal_error(np.array([0.1, 0.2, 0.3, 0.9]), np.array([0.25, 1.0, 1.1, 1.2]))
        (0.25, 0.3)
    """
    thresholds = np.unique(np.concatenate([like, unlike]))
    refused = 1 - np.searchsorted(like, thresholds, side="right") / len(like)
    let_in = np.searchsorted(unlike, thresholds, side="right") / len(unlike)
    place = int(np.abs(refused - let_in).argmin())
    return float((refused[place] + let_in[place]) / 2), float(thresholds[place])


def _accepted(like: Floats, unlike: Floats, false_rate: float) -> tuple[float, float]:
    """Return the largest distance at which at most this share of unlike pairs is let in, and the true rate there."""
    allowed = int(np.floor(false_rate * len(unlike) + 1e-9))
    below = np.nextafter(unlike[allowed], 0) if allowed < len(unlike) else LARGEST
    return float(below), float(np.searchsorted(like, below, side="right") / len(like))


def _area(like: Floats, unlike: Floats) -> float:
    """Return the chance that a like pair is nearer than an unlike one; equal distances count half.

    Reference:
        Hanley and McNeil, "The meaning and use of the area under a receiver operating characteristic curve" (1982).
        https://doi.org/10.1148/radiology.143.1.7063747
    """
    nearer = np.searchsorted(like, unlike, side="left") + np.searchsorted(like, unlike, side="right")
    return float(nearer.mean() / (2 * len(like)))


def _curve(like: Floats, unlike: Floats) -> tuple[tuple[float, float], ...]:
    """Return points of the curve, closer together where few unlike pairs are let in."""
    shares = np.unique(np.concatenate([[0.0], np.logspace(-4, 0, CURVE_POINTS), np.linspace(0, 1, CURVE_POINTS)]))
    thresholds = np.quantile(unlike, shares)
    let_in = np.searchsorted(unlike, thresholds, side="right") / len(unlike)
    found = np.searchsorted(like, thresholds, side="right") / len(like)
    return ((0.0, 0.0), *zip(let_in.tolist(), found.tolist(), strict=True), (1.0, 1.0))


def _drawn(labels: NDArray[np.int64], chance: np.random.Generator) -> NDArray[np.int64] | None:
    """Return the rows that are compared; None where fewer than two classes have two samples."""
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    members = [rows for rows in members if len(rows) > 1]
    if len(members) < 2:  # noqa: PLR2004 - same and different take two classes
        return None
    chosen = [members[place] for place in chance.permutation(len(members))[:MOST_CLASSES]]
    return np.concatenate([chance.permutation(rows)[:MOST_OF_A_CLASS] for rows in chosen])


def _resampled(
    distances: Floats,
    alike: NDArray[np.bool_],
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]],
    chance: np.random.Generator,
) -> Floats:
    """Return equal error, area and true acceptances of clusters drawn with replacement, (n, 2 + rates).

    A pair counts as often as both of its clusters were drawn: their product, or one of them where they are the same.
    Draws without a pair of two classes say nothing and are left out.

    Args:
        alike: (P,) which pairs are of one class.
        pairs: The numbers of the clusters of each, (P,) and (P,).
    """
    count = int(max(pairs[0].max(), pairs[1].max())) + 1
    bins = np.minimum((distances / LARGEST * BINS).astype(np.int64), BINS - 1)
    within = pairs[0] == pairs[1]
    like, unlike = (_by_cluster(pairs[0], bins, count, kept) for kept in (alike, within & ~alike))
    across = _by_cluster(pairs[0] * count + pairs[1], bins, count * count, ~within).reshape(count, -1)
    figures = list[list[float]]()
    for _ in range(RESAMPLES):
        times = np.bincount(chance.integers(0, count, count), minlength=count).astype(np.float32)
        let_in = times @ unlike + times @ (times @ across).reshape(count, BINS)
        if let_in.any():
            figures.append(_binned_figures((times @ like).astype(np.float64), let_in.astype(np.float64)))
    return np.array(figures)


def _by_cluster(
    numbers: NDArray[np.int64], bins: NDArray[np.int64], count: int, kept: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return how many pairs of each of so many numbers lie at each distance, (count, BINS)."""
    cells = numbers[kept] * BINS + bins[kept]
    return np.bincount(cells, minlength=count * BINS).astype(np.float32).reshape(count, BINS)


def _binned_figures(like: Floats, unlike: Floats) -> list[float]:
    """Return equal error, area and true acceptances of counts by distance, (BINS,) each."""
    found, let_in = like.cumsum() / like.sum(), unlike.cumsum() / unlike.sum()
    place = int(np.abs(1 - found - let_in).argmin())
    before = np.concatenate([[0.0], found[:-1]])
    area = float(((found + before) / 2 * unlike).sum() / unlike.sum())
    at = [float(np.interp(rate, np.r_[0, let_in], np.r_[0, found])) for rate in FALSE_RATES]
    return [float((1 - found[place] + let_in[place]) / 2), area, *at]
