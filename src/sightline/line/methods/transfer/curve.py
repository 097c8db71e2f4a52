"""Heads on stored features: one for a model, and many for its learning curve."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from sightline.classical.fitting import FittedScores, fit_scores
from sightline.classical.plan import Plan
from sightline.core.seeding import derived_seed
from sightline.data.catalog import Rows
from sightline.data.splits import units
from sightline.evaluation.report.transfer.learning_curve import LearningCurve, LearningPoint
from sightline.inference.graph import Features
from sightline.line.features.seen import Seen
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared

DRAWS = 5
COUNTS = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
MOST_SHARE = 0.8
"""Of the labelled pictures; the rest judges."""
MOST_JUDGED = 5_000
FEWEST_A_CLASS = 2


@dataclass(frozen=True, eq=False)
class Examples:
    """What a head learns from besides the training part.

    Args:
        features: (m, F) float32.
        labels: (m,) int64.
    """

    features: Features
    labels: Rows

    @classmethod
    def none(cls, width: int) -> Self:
        """Return no examples, of features of this width."""
        return cls(np.empty((0, width), np.float32), np.empty(0, np.int64))

    def beside(self, others: Self) -> Self:
        """Return these and others."""
        return type(self)(
            np.concatenate([self.features, others.features]), np.concatenate([self.labels, others.labels])
        )


def fit_head(
    plan: Plan, seen: Seen, training: Rows, validation: Rows, *, more: Examples | None = None, seed: int
) -> FittedScores:
    """Fit a head to what a base has seen.

    Args:
        training: (n,) int64, the rows that are learnt from.
        validation: (v,) int64, the rows that strength and neighbours are chosen by.
        more: What is learnt from as well, such as mirror images.
        seed: Of the classifier's order of pictures.

    Raises:
        SettingsError: The classifier can't take so many pictures.
    """
    own = Examples(seen.of(training), seen.labels[training])
    learnt = own if more is None else own.beside(more)
    both = learnt.beside(Examples(seen.of(validation), seen.labels[validation]))
    return fit_scores(plan, both.features, both.labels, count=len(learnt.labels), classes=seen.classes, seed=seed)


def learning_curve(
    prepared: Prepared, seen: Seen, plan: Plan, *, seed: int, narrator: Narrator
) -> LearningCurve | None:
    """Fit the head again to fewer pictures, several draws of each number, and judge it by others.

    Copies and groups are never on both sides; the test part is not looked at.

    Args:
        plan: Of a head whose every value is given, so that nothing has to be chosen in a draw.

    Returns:
        The curve; None where there are fewer than two pictures of a class to draw from.
    """
    bound = [np.array(unit) for unit in units(prepared.surveyed, seen.rows.tolist())]
    labelled = len(seen.rows)
    counts = [count for count in (*COUNTS, int(MOST_SHARE * labelled)) if _is_drawn(count, labelled, seen.classes)]
    points = []
    with narrator.counting("fitting the learning curve", DRAWS * len(set(counts))) as advance:
        for count in sorted(set(counts)):
            accuracies = tuple(_draws(bound, seen, plan, count=count, seed=seed))
            points += [LearningPoint(count, accuracies)] if accuracies else []
            advance(DRAWS)
    return LearningCurve(tuple(points), labelled) if points else None


def _is_drawn(count: int, labelled: int, classes: int) -> bool:
    return FEWEST_A_CLASS * classes <= count <= MOST_SHARE * labelled


def _draws(bound: list[Rows], seen: Seen, plan: Plan, *, count: int, seed: int) -> Iterator[float]:
    """Yield the accuracy of each draw that has a picture of every class on either side."""
    for draw in range(DRAWS):
        chance = np.random.default_rng(derived_seed(seed, "learning-curve", count, draw))
        learnt, judged = drawn(bound, seen, count=count, chance=chance)
        if len(np.unique(seen.labels[learnt])) == seen.classes and len(judged):
            yield fit_head(plan, seen, learnt, judged, seed=seed).validation_accuracy


def drawn(bound: list[Rows], seen: Seen, *, count: int, chance: np.random.Generator) -> tuple[Rows, Rows]:
    """Return rows to learn from, as many of each class as it has of all, and rows to judge by."""
    wanted = np.bincount(seen.labels[seen.rows], minlength=seen.classes) * count / len(seen.rows)
    wanted = np.maximum(wanted, FEWEST_A_CLASS)
    learnt, judged = list[Rows](), list[Rows]()
    for place in chance.permutation(len(bound)):
        unit = bound[place]
        label = seen.labels[unit[0]]
        takes = wanted[label] >= len(unit) / 2
        wanted[label] -= len(unit) if takes else 0
        (learnt if takes else judged).append(unit)
    rest = np.concatenate([*judged, np.empty(0, np.int64)])
    return np.concatenate(learnt), rest[:MOST_JUDGED]
