"""How a model fares on kinds of pictures, such as dark ones: the worst is named, corrected for having looked."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import lgamma
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.core.intervals import Interval, wilson_interval
from sightline.core.percent import percent
from sightline.evaluation.words import interval_words

FEWEST = 5
"""Pictures; of fewer, no accuracy is worth a word."""
LEVEL = 0.05
"""The chance that any of the intervals, or of the groups that are called worse, is wrong."""

Strings = Sequence[str]


@dataclass(frozen=True)
class Subgroup:
    """How one kind of pictures fared.

    Args:
        attribute: What the pictures have in common, such as ``"brightness"``.
        value: Which one they have, such as ``"0 to 80"``.
        count: How many there are.
        accuracy: The share that was named rightly.
        interval: Holds the true accuracy together with the intervals of all other groups in 95 % of the cases.
        p_value: How often chance alone would make a group so much worse than the rest, corrected for all groups
            that were looked at.
    """

    attribute: str
    value: str
    count: int
    accuracy: float
    interval: Interval
    p_value: float

    @property
    def is_worse(self) -> bool:
        """Whether it is worse than the rest by more than chance, many groups looked at."""
        return self.p_value < LEVEL


@dataclass(frozen=True)
class SubgroupScores:
    """How all kinds of pictures fared.

    Args:
        accuracy: The share of all pictures that was named rightly.
        count: How many pictures there are.
        groups: Those of 5 pictures or more, with as many others, attribute by attribute.
        small: How many groups had fewer.
    """

    accuracy: float
    count: int
    groups: tuple[Subgroup, ...]
    small: int

    @property
    def worst(self) -> Subgroup | None:
        """The least accurate group among those that are worse by more than chance, else among all; None of none."""
        worse = [group for group in self.groups if group.is_worse]
        return min(worse or self.groups, key=lambda group: (group.accuracy, group.p_value), default=None)

    @property
    def words(self) -> str:
        """Which group is the worst, and whether that is more than chance, in one or two sentences."""
        worst = self.worst
        if worst is None:
            return f"No kind of pictures has {FEWEST} pictures, so none can be told apart."
        if worst.accuracy >= self.accuracy:
            return f"None of {len(self.groups):,} kinds of pictures fares worse than the others."
        named = f"{worst.attribute} {worst.value!r}"
        figure = f"{percent(worst.accuracy)} of {worst.count:,} pictures (interval {interval_words(worst.interval)})"
        looked = f"{len(self.groups):,} groups were looked at"
        if worst.is_worse:
            return (
                f"The worst group is {named}: {figure}, against {percent(self.accuracy)} of all. {looked}, and it is "
                f"worse than the rest all the same (corrected p = {worst.p_value:.2g})."
            )
        return (
            f"The lowest figure is that of {named}: {figure}, against {percent(self.accuracy)} of all. {looked}, and "
            "one so low among so many may be chance."
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "accuracy": self.accuracy,
            "count": self.count,
            "groups": [asdict(group) for group in self.groups],
            "small": self.small,
            "worst": None if self.worst is None else asdict(self.worst) | {"is_worse": self.worst.is_worse},
            "words": self.words,
        }


def subgroup_scores(right: NDArray[np.bool_], attributes: Mapping[str, Strings]) -> SubgroupScores:
    """Measure every kind of pictures, and correct for having looked at many.

    The intervals are Wilson's at the level 1 - 0.05 / m for m groups (Bonferroni), so that all hold together. Each
    group is compared with the rest by Fisher's exact test, one-sided, and corrected by Holm over all groups.

    Args:
        right: (n,) bool, whether each picture was named rightly.
        attributes: Name to n values; ``""`` for a picture of which it is not known.

    Raises:
        ValueError: An attribute has not n values.

    Reference:
        S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6, 1979.
        https://www.jstor.org/stable/4615733
        R. A. Fisher, "The Logic of Inductive Inference", Journal of the Royal Statistical Society 98, 1935.
        https://doi.org/10.2307/2342435
    """
    found, small = list[tuple[str, str, NDArray[np.bool_]]](), 0
    for attribute, values in attributes.items():
        if len(values) != len(right):
            raise ValueError(f"{attribute} has {len(values)} values for {len(right)} pictures")
        column = np.array(values, dtype=object)
        for value in sorted(set(values) - {""}, key=_in_order):
            inside = column == value
            if int(inside.sum()) < FEWEST:
                small += 1
            elif int((~inside).sum()) >= FEWEST:  # else there is no rest to be compared with
                found.append((attribute, value, inside))
    p_values = holm([fewer_by_chance(right[inside], right[~inside]) for _, _, inside in found])
    quantile = NormalDist().inv_cdf(1 - LEVEL / (2 * max(1, len(found))))
    groups = tuple(
        Subgroup(
            attribute,
            value,
            int(inside.sum()),
            float(right[inside].mean()),
            wilson_interval(int(right[inside].sum()), int(inside.sum()), quantile=quantile),
            p_value,
        )
        for (attribute, value, inside), p_value in zip(found, p_values, strict=True)
    )
    return SubgroupScores(float(right.mean()), len(right), groups, small)


def fewer_by_chance(inside: NDArray[np.bool_], outside: NDArray[np.bool_]) -> float:
    """Return how often so few of a group, or fewer, would be right if it were a group drawn by chance.

    Args:
        inside: (n,) whether each picture of the group is right.
        outside: (m,) whether each picture of the rest is right.
    """
    n, m = len(inside), len(outside)
    right = int(inside.sum()) + int(outside.sum())
    counts = np.arange(max(0, right - m), int(inside.sum()) + 1)
    logs = [_log_choose(n, k) + _log_choose(m, right - k) - _log_choose(n + m, right) for k in counts.tolist()]
    return min(1.0, float(np.exp(logs).sum()))


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number, in their order.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    corrected, most = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(np.argsort(p_values, kind="stable").tolist()):
        most = max(most, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = most
    return corrected


def _in_order(value: str) -> tuple[float, str]:
    """Return by what values are sorted: ranges by where they begin, other words by themselves."""
    first = value.partition(" ")[0].replace(",", "")
    try:
        return float(first), value
    except ValueError:
        return float("inf"), value
