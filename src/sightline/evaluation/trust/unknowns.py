"""Whether a picture is none of the known classes: how strange it is beside pictures that are known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.core.intervals import NORMAL_QUANTILE, Interval
from sightline.core.percent import percent
from sightline.evaluation.trust.novelty import NOVELTIES, Floats, Impression, Novelty, of_length_one

RATE = 0.05
"""The share of known pictures that may be refused wrongly, where nobody states another."""
MOST_TURNS = 10
"""Classes that are held out in turn."""
FEWEST_JUDGED = 5
"""Pictures of a class, and of the others, from which on its turn says anything."""
RIDGE, SHARPNESS = 0.1, 10.0
"""Of the head that stands for a model which does not know a class: the penalty, and a factor on its scores."""
ALIKE = 1e-12


@dataclass(frozen=True, eq=False)
class UnknownRule:
    """Which pictures are refused as none of the known classes.

    Args:
        method: How strangeness is said, one of `sightline.evaluation.trust.novelty.NOVELTIES`.
        novelty: Says how strange a picture is.
        known: (n,) ascending: how strange known pictures are that it was not made from.
    """

    method: str
    novelty: Novelty
    known: NDArray[np.float64]

    def typicality(self, seen: Impression) -> NDArray[np.float64]:
        """Return the share of known pictures that are as strange as each picture or stranger, (N,), above 0 to 1.

        Reference:
            V. Vovk, A. Gammerman, G. Shafer, "Algorithmic Learning in a Random World", 2005: conformal p-values.
            https://doi.org/10.1007/b106715
        """
        stranger = len(self.known) - np.searchsorted(self.known, self.novelty.strangeness(seen), side="left")
        return (1 + stranger) / (len(self.known) + 1)

    def least_rate(self) -> float:
        """Return the lowest rate of wrongly refused known pictures that can be stated: fewer would refuse nothing."""
        return 1 / (len(self.known) + 1)


def refusal_words(typicality: float) -> str:
    r"""Return why a picture is refused, in words.

    Example:
        >>> refusal_words(0.004)
        'it is like nothing that the model has learnt: 0.4\xa0% of known pictures are as strange'
    """
    return f"it is like nothing that the model has learnt: {percent(typicality)} of known pictures are as strange"


class Turn(NamedTuple):
    """Some pictures that were learnt from and others that were not, for one look at how strange the others are.

    Args:
        known: (n, F) features of what was learnt from.
        labels: (n,) int64, of these.
        judged: What was not learnt from.
        truth: (m,) int64, of those.
    """

    known: Floats
    labels: NDArray[np.int64]
    judged: Impression
    truth: NDArray[np.int64]

    def without(self, label: int) -> "Turn":
        """Return the turn in which nothing of a class was learnt; pictures of it are still judged.

        The model's own logits know the class, for it is what the others were told from. So they are those of a linear
        head that is fitted to the other classes.
        """
        kept = self.labels != label
        known, labels = self.known[kept], self.labels[kept]
        logits = ridge_logits(known, labels, self.judged.features)
        return Turn(known, labels, Impression(logits, self.judged.features), self.truth)


class Choice(NamedTuple):
    """How a way was chosen.

    Args:
        method: The one that was taken.
        areas: Of each way the area under the curve for each class that was held out, 0.5 for guessing.
    """

    method: str
    areas: Mapping[str, tuple[float, ...]]

    @property
    def means(self) -> dict[str, float]:
        """The mean of each way; empty where no class could be held out."""
        return {name: float(np.mean(values)) for name, values in self.areas.items() if values}


def ridge_logits(known: Floats, labels: NDArray[np.int64], asked: Floats) -> Floats:
    """Return the scores of a linear classifier for other pictures, by ridge regression on targets of 0 and 1.

    Args:
        known: (n, F) features of what was learnt from.
        labels: (n,) int64, of these; K classes.
        asked: (m, F) features.

    Returns:
        (m, K), times a factor that makes them logits.

    Reference:
        A. E. Hoerl, R. W. Kennard, "Ridge Regression: Biased Estimation for Nonorthogonal Problems", Technometrics 12,
        1970. https://doi.org/10.1080/00401706.1970.10488634
    """
    values, others = (of_length_one(features).astype(np.float64) for features in (known, asked))
    centre = values.mean(axis=0)
    values, others = values - centre, others - centre
    targets = np.eye(len(np.unique(labels)))[np.unique(labels, return_inverse=True)[1]]
    gram = values @ values.T
    strength = RIDGE * max(float(np.trace(gram)) / len(gram), ALIKE)
    weights = np.linalg.solve(gram + strength * np.eye(len(gram)), targets - targets.mean(axis=0))
    logits: NDArray[np.float64] = SHARPNESS * (others @ (values.T @ weights) + targets.mean(axis=0))
    return logits


def choose_novelty(turns: Sequence[Turn], classes: int) -> Choice:
    """Choose how strangeness is said: each class in turn is held out, and has to be told from the others.

    The first way of the table is kept unless another is better by more than chance explains over the classes.

    Args:
        turns: Of different pictures each.
        classes: 2 or more.
    """
    held = _held_out(turns, classes)
    areas = {name: tuple(_area_without(turns, label, novelty) for label in held) for name, novelty in NOVELTIES.items()}
    best, *others = NOVELTIES
    for name in others:
        if len(held) > 1 and _is_better(areas[name], areas[best]):
            best = name
    return Choice(best, areas)


def unknown_rule(turns: Sequence[Turn], method: str, known: Floats, labels: NDArray[np.int64]) -> UnknownRule:
    """Return the rule by which pictures are refused.

    Args:
        turns: Whose judged pictures say how strange known ones are.
        method: How strangeness is said, one of `sightline.evaluation.trust.novelty.NOVELTIES`.
        known: (n, F) features of all that was learnt from, or of some of it.
        labels: (n,) int64, of these.
    """
    strange = [NOVELTIES[method].fitted(turn.known, turn.labels).strangeness(turn.judged) for turn in turns]
    return UnknownRule(method, NOVELTIES[method].fitted(known, labels), np.sort(np.concatenate(strange)))


def area_under_curve(known: ArrayLike, unknown: ArrayLike) -> float:
    """Return how often an unknown picture is stranger than a known one, ties counting half: 1 at best, 0.5 by guessing.

    Args:
        known: (n,) how strange known pictures are, 1 or more of them.
        unknown: (m,) how strange unknown ones are, 1 or more of them.

    Reference:
        J. A. Hanley, B. J. McNeil, "The Meaning and Use of the Area under a Receiver Operating Characteristic (ROC)
        Curve", Radiology 143, 1982. https://doi.org/10.1148/radiology.143.1.7063747

    Example:
        >>> area_under_curve([0.1, 0.2], [0.2, 0.3])
        0.875
    """
    ordered, asked = np.sort(np.asarray(known, np.float64)), np.asarray(unknown, np.float64)
    below, upto = (np.searchsorted(ordered, asked, side=side) for side in ("left", "right"))
    return float((below + upto).mean() / (2 * len(ordered)))


def area_interval(known: NDArray[Any], unknown: NDArray[Any]) -> Interval:
    """Return the 95 % interval of the area under the curve, by the spread of each picture's share in it.

    Reference:
        E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, "Comparing the Areas under Two or More Correlated Receiver
        Operating Characteristic Curves", Biometrics 44, 1988. https://doi.org/10.2307/2531595
    """
    area = area_under_curve(known, unknown)
    reach = NORMAL_QUANTILE * sqrt(sum(part.var(ddof=1) / len(part) for part in shares_in_area(known, unknown)))
    return max(0.0, area - reach), min(1.0, area + reach)


def shares_in_area(known: NDArray[Any], unknown: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each known picture how often unknown ones are stranger, and for each unknown the same the other way.

    Returns:
        (n,) and (m,), each with the area as its mean; of two ways on the same pictures the differences tell whether
        their areas differ.
    """
    of_known = 1 - _share_below(np.sort(unknown), known)
    return of_known, _share_below(np.sort(known), unknown)


def _share_below(ordered: NDArray[Any], asked: NDArray[Any]) -> NDArray[np.float64]:
    below, upto = (np.searchsorted(ordered, asked, side=side) for side in ("left", "right"))
    return (below + upto) / (2 * len(ordered))


def _held_out(turns: Sequence[Turn], classes: int) -> list[int]:
    """Return classes of which enough pictures are judged, spread evenly over all."""
    counts = sum((np.bincount(turn.truth, minlength=classes) for turn in turns), np.zeros(classes, np.int64))
    others = [all((turn.labels != label).any() for turn in turns) for label in range(classes)]
    enough = np.flatnonzero((counts >= FEWEST_JUDGED) & (counts.sum() - counts >= FEWEST_JUDGED) & others)
    places = np.linspace(0, len(enough) - 1, min(MOST_TURNS, len(enough))).astype(int)
    return [int(enough[place]) for place in places]


def _area_without(turns: Sequence[Turn], label: int, novelty: type[Novelty]) -> float:
    """Return how well the pictures of a class are told from the others where nothing of it was learnt."""
    strange, unknown = [], []
    for turn in turns:
        reduced = turn.without(label)
        strange.append(novelty.fitted(reduced.known, reduced.labels).strangeness(reduced.judged))
        unknown.append(turn.truth == label)
    values, is_unknown = np.concatenate(strange), np.concatenate(unknown)
    return area_under_curve(values[~is_unknown], values[is_unknown])


def _is_better(areas: tuple[float, ...], others: tuple[float, ...]) -> bool:
    """Return whether the mean difference over the classes is above what chance explains."""
    differences = np.subtract(areas, others)
    spread = float(differences.std(ddof=1)) / sqrt(len(differences))
    return bool(differences.mean() > NORMAL_QUANTILE * spread + ALIKE)
