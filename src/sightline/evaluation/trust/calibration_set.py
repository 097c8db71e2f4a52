"""Answers about labelled pictures that were not learnt from, from which any promise about new ones is made."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.core.percent import percent
from sightline.evaluation.prediction_sets import LEVEL, SetRule, set_rule
from sightline.evaluation.scores import checked

APART, OUT_OF_FOLD, CHOOSING = "calibration", "out-of-fold", "validation"
ORIGINS = {
    APART: "of a part of their own, which chose nothing",
    OUT_OF_FOLD: "that were learnt from, each answered by a model of a fold that had not seen it",
    CHOOSING: "of the validation part, which also chose the model, so that the level is nominal",
}
"""Which pictures they are, and what that means for a promise."""
MOST_NUMBERS = 2**22
"""Probabilities of all pictures together: 16 MiB, so that models of very many classes keep fewer pictures."""


@dataclass(frozen=True, eq=False)
class CalibrationSet:
    """What a model, calibrated, answered about pictures of known class.

    Args:
        probabilities: (N, C) float32.
        labels: (N,) int64.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.
    """

    probabilities: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Look at every value, for a model file may hold anything."""
        checked(self.labels, self.probabilities)

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.labels)

    def rule(self, level: float = LEVEL, method: str = "lac") -> SetRule:
        """Return the rule of prediction sets of a level; see `sightline.evaluation.prediction_sets.set_rule`."""
        return set_rule(self.probabilities, self.labels, level=level, method=method)


def meaning_of(rule: SetRule, *, count: int, origin: str) -> str:
    r"""Return what a prediction set promises and what that stands on, in words.

    Args:
        rule: Which classes belong to a set.
        count: How many pictures it was made from.
        origin: Which pictures those were, one of `ORIGINS`.

    Example:
        >>> meaning_of(SetRule("lac", 0.9, np.array([-0.31, -0.31])), count=500, origin=APART).partition("; ")[2]
        'fitted on 500 pictures of a part of their own, which chose nothing'
    """
    level, whose = percent(rule.level), f"{count:,} pictures {ORIGINS.get(origin, ORIGINS[CHOOSING])}"
    if not np.isfinite(rule.thresholds).any() or not rule.thresholds.any():
        return f"always all classes: {whose}, are too few to leave one out and hold the true class of {level}"
    for_each = {0: "", len(rule.thresholds) - rule.enrolled: ", in each class"}.get(
        rule.by_class, f", in each of the {rule.by_class} classes of 50 or more"
    )
    more = "; of enrolled classes, by learnt ones that have stood for new ones" if rule.enrolled else ""
    return (
        f"the classes that are likely enough, meant to hold the true class of {level} of pictures{for_each}; "
        f"fitted on {whose}{more}"
    )
