"""Sets of classes that hold the truth as often as they promise."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, inf
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.core.intervals import Interval, wilson_interval
from sightline.evaluation.scores import checked

LEVEL = 0.9
"""The share of pictures whose true class shall be in the set, unless another is asked for."""
LEAST_MISSED, MOST_MISSED = 1e-6, 0.5
"""The share of pictures that may be missed is no smaller, for that takes a million pictures to calibrate by, and below
the other: a set that is wrong as often as a coin promises nothing."""
FEWEST_OF_A_CLASS = 50
"""Pictures from which on a class has a threshold of its own, so that the promise holds for it too."""
FREE_RANKS, RANK_PENALTY = 2, 0.1
"""RAPS: so many classes cost nothing, each further one this much more."""
ROUNDING, TINY = 1e-9, 1e-300

Table = NDArray[np.float64]


def least_ambiguous(probabilities: Table) -> Table:
    """Return minus each class's probability, (N, C): the smallest sets for a level (LAC).

    Reference:
        M. Sadinle, J. Lei, L. Wasserman, "Least Ambiguous Set-Valued Classifiers With Bounded Error Levels",
        Journal of the American Statistical Association 114, 2019. https://arxiv.org/abs/1609.00451
    """
    return -probabilities


def adaptive(probabilities: Table) -> Table:
    """Return what each class and all likelier ones have together, (N, C): larger sets for harder pictures (APS).

    No chance is in it, so that the same picture always has the same set.

    Reference:
        Y. Romano, M. Sesia, E. Candès, "Classification with Valid and Adaptive Coverage", NeurIPS 2020.
        https://arxiv.org/abs/2006.02544
    """
    order = np.argsort(-probabilities, axis=1, kind="stable")
    together = np.cumsum(np.take_along_axis(probabilities, order, axis=1), axis=1)
    return np.take_along_axis(together, np.argsort(order, axis=1, kind="stable"), axis=1)


def regularised(probabilities: Table) -> Table:
    """Return `adaptive`, and for each class beyond the second likeliest a penalty: no long tails in a set (RAPS).

    Reference:
        A. N. Angelopoulos, S. Bates, J. Malik, M. I. Jordan, "Uncertainty Sets for Image Classifiers using Conformal
        Prediction", ICLR 2021. https://arxiv.org/abs/2009.14193
    """
    order = np.argsort(-probabilities, axis=1, kind="stable")
    ranks = np.argsort(order, axis=1, kind="stable") + 1
    return adaptive(probabilities) + RANK_PENALTY * np.maximum(ranks - FREE_RANKS, 0)


SETS: dict[str, Callable[[Table], Table]] = {"lac": least_ambiguous, "aps": adaptive, "raps": regularised}
"""Each way to say how ill a class fits a picture, (N, C) from probabilities; a class that fits well enough is in."""


@dataclass(frozen=True, eq=False)
class SetRule:
    """Which classes belong to a prediction set.

    Args:
        method: How ill a class fits, one of `SETS`.
        level: The share of pictures whose true class shall be in the set, between 0 and 1.
        thresholds: (C,), of each class the largest misfit that is let in; infinite where all are.
        by_class: Of how many classes the threshold is their own.
        enrolled: So many of the last classes were not learnt; their misfit is minus what they have beside the others.
    """

    method: str
    level: float
    thresholds: Table
    by_class: int = 0
    enrolled: int = 0

    def with_enrolled(self, misfit: float, count: int) -> "SetRule":
        """Return the rule for a model in which classes were enrolled; of learnt ones the promise stays what it was.

        Args:
            misfit: The largest that is let in of an enrolled class, minus a share of probability.
            count: How many were enrolled.
        """
        return replace(self, thresholds=np.append(self.thresholds, np.full(count, misfit)), enrolled=count)

    def fitting(self, probabilities: ArrayLike) -> NDArray[np.bool_]:
        """Return which classes fit well enough, (N, C); a row may have none: then no class is likely enough."""
        fits: NDArray[np.bool_] = self._misfits(np.asarray(probabilities, np.float64)) <= self.thresholds
        return fits

    def sets(self, probabilities: ArrayLike) -> NDArray[np.bool_]:
        """Return which classes are in the set, (N, C): those that fit, and the likeliest in any case."""
        table = np.asarray(probabilities, np.float64)
        members = self.fitting(table)
        if len(table):
            members[np.arange(len(table)), table.argmax(axis=1)] = True
        return members

    def _misfits(self, table: Table) -> Table:
        """Return (N, C): of a learnt class among the learnt ones, of an enrolled one beside them."""
        if not self.enrolled:
            return SETS[self.method](table)
        learnt, enrolled = table[:, : -self.enrolled], table[:, -self.enrolled :]
        together = np.maximum(learnt.sum(axis=1, keepdims=True), TINY)
        beside = enrolled / (enrolled + together)
        return np.concatenate([SETS[self.method](learnt / together), -beside], axis=1)


def set_rule(probabilities: ArrayLike, labels: ArrayLike, *, level: float = LEVEL, method: str = "lac") -> SetRule:
    """Return the rule by which new pictures that are like these have their true class in the set (split conformal).

    The promise holds for all pictures together whatever the model is worth, and for each class that has 50
    pictures here or more; the others share one threshold.

    Args:
        probabilities: (N, C) in 0 to 1.
        labels: (N,) whole numbers in 0 to C - 1.
        level: Between 0 and 1.
        method: How ill a class fits, one of `SETS`.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.

    Reference:
        V. Vovk, "Conditional validity of inductive conformal predictors", Machine Learning 92, 2013 (label
        conditional). https://arxiv.org/abs/1209.2673
    """
    truth, table = checked(labels, probabilities)
    misfits = SETS[method](table.astype(np.float64))[np.arange(len(table)), truth]
    counts = np.bincount(truth, minlength=table.shape[1])
    own = np.flatnonzero(counts >= FEWEST_OF_A_CLASS)
    rest = misfits[~np.isin(truth, own)]
    shared = conformal_quantile(rest, level)
    thresholds = np.full(table.shape[1], shared if np.isfinite(shared) else conformal_quantile(misfits, level))
    for label in own:
        thresholds[label] = conformal_quantile(misfits[truth == label], level)
    return SetRule(method, level, thresholds, len(own))


def conformal_quantile(misfits: Table, level: float) -> float:
    """Return what a new value of the same kind does not exceed in at least `level` of cases.

    Args:
        misfits: (N,).
        level: Between 0 and 1.

    Returns:
        The ceil((N + 1) * level)-th smallest value; infinity where there are too few to promise the level: fewer than
        level / (1 - level), nine for 0.9.

    Raises:
        ValueError: The level is no share.

    Example:
        >>> conformal_quantile(np.arange(9.0), 0.9), conformal_quantile(np.arange(8.0), 0.9)
        (8.0, inf)
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    place = max(1, ceil((len(misfits) + 1) * level - ROUNDING))
    return inf if place > len(misfits) else float(np.sort(misfits)[place - 1])


def set_threshold(probabilities: ArrayLike, labels: ArrayLike, level: float = LEVEL) -> float:
    """Return the probability from which on a class fits, one for all classes: what another program needs for sets.

    Args:
        probabilities: (N, C) in 0 to 1.
        labels: (N,) whole numbers in 0 to C - 1.
        level: Between 0 and 1.

    Returns:
        0, which lets every class in, where there are too few pictures to promise the level.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.

    Example:
        >>> set_threshold([[0.9, 0.1]] * 8 + [[0.3, 0.7]], [0] * 9), set_threshold([[0.9, 0.1]] * 8, [0] * 8)
        (0.3, 0.0)
    """
    truth, table = checked(labels, probabilities)
    misfit = conformal_quantile(-table[np.arange(len(table)), truth].astype(np.float64), level)
    return 0.0 if misfit == inf else float(np.clip(-misfit, 0, 1))


class ClassCoverage(NamedTuple):
    """How often sets hold one class where it is the true one.

    Args:
        covered: How many pictures of the class have it in their set.
        pictures: How many there are of the class.
    """

    covered: int
    pictures: int

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval of the share."""
        return wilson_interval(self.covered, self.pictures)


class Coverage(NamedTuple):
    """What prediction sets are worth.

    Args:
        covered: The share of pictures whose true class is in their set.
        mean_size: How many classes a set has, on average.
        empty: The share of pictures of which no class fits, so that the likeliest stands in the set alone.
        by_class: (C,) the same for each class.
    """

    covered: float
    mean_size: float
    empty: float
    by_class: tuple[ClassCoverage, ...]


def coverage(probabilities: ArrayLike, labels: ArrayLike, rule: SetRule) -> Coverage:
    """Measure prediction sets on pictures that the rule was not made from.

    Args:
        probabilities: (N, C) in 0 to 1.
        labels: (N,) whole numbers in 0 to C - 1.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.
    """
    truth, table = checked(labels, probabilities)
    sets = rule.sets(table)  # (N, C)
    covered, sizes = sets[np.arange(len(table)), truth], sets.sum(axis=1)
    counts = np.bincount(truth, minlength=table.shape[1]).tolist()
    held = np.bincount(truth[covered], minlength=table.shape[1]).tolist()
    return Coverage(
        float(covered.mean()),
        float(sizes.mean()),
        float((~rule.fitting(table).any(axis=1)).mean()),
        tuple(ClassCoverage(*pair) for pair in zip(held, counts, strict=True)),
    )
