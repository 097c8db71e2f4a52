"""From which probability on one class is flagged, so that flags are as often right, or as complete, as wanted."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from sightline.core.intervals import Interval, wilson_interval
from sightline.core.percent import SPACE, percent
from sightline.evaluation.scores import checked
from sightline.evaluation.words import interval_words

Wanted = Literal["precision", "recall"]
WANTED: tuple[Wanted, ...] = ("precision", "recall")


@dataclass(frozen=True)
class Flagging:
    """A threshold for one class, and what it was worth on the pictures that it was chosen by.

    Args:
        threshold: Of the class's probability, from which on a picture is flagged.
        precision: The share of flagged pictures that are of the class.
        precision_interval: Wilson's 95 % interval of it.
        recall: The share of the class's pictures that are flagged.
        recall_interval: Wilson's 95 % interval of it.
        flagged: How many pictures are.
        count: How many pictures there are of the class.
    """

    threshold: float
    precision: float
    precision_interval: Interval
    recall: float
    recall_interval: Interval
    flagged: int
    count: int

    def words(self, name: str) -> str:
        """Return the threshold and what it was worth, in a sentence."""
        precision, recall = interval_words(self.precision_interval), interval_words(self.recall_interval)
        return (
            f"{name} is flagged from {percent(self.threshold)} on: of {self.flagged:,} flagged pictures "
            f"{percent(self.precision)} were {name} (95{SPACE}% interval {precision}), and of {self.count:,} {name} "
            f"{percent(self.recall)} were flagged ({recall}). It was chosen by these pictures, so new ones may fare a "
            "little worse."
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def flagging_at(
    probabilities: ArrayLike, labels: ArrayLike, label: int, *, wanted: Wanted, share: float
) -> Flagging | None:
    """Return the threshold that flags most pictures at a precision, or fewest at a recall.

    Args:
        probabilities: (N, C) in 0 to 1.
        labels: (N,) whole numbers in 0 to C - 1.
        label: The class that is flagged.
        wanted: What shall reach the share.
        share: Above 0 to 1.

    Returns:
        None where no threshold does, or no picture is of the class.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.

    Example:
        >>> table = [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]]
        >>> flagging_at(table, [0, 0, 1, 0], 0, wanted="precision", share=0.9).threshold
        0.8
        >>> flagging_at(table, [0, 0, 1, 0], 0, wanted="recall", share=1.0).precision
        0.75
    """
    truth, table = checked(labels, probabilities)
    if not 0 < share <= 1:
        raise ValueError(f"the share must lie above 0 and be at most 1, not {share}")
    values, is_own = table[:, label], truth == label
    order = np.argsort(-values, kind="stable")
    hits, ends = np.cumsum(is_own[order]), np.append(np.diff(values[order]) != 0, True)  # equal ones go together
    flagged = np.arange(1, len(values) + 1)
    reached = hits / flagged if wanted == "precision" else hits / max(1, is_own.sum())
    possible = np.flatnonzero(ends & (reached >= share) & (hits > 0))
    if not len(possible):
        return None
    place = int(possible[-1] if wanted == "precision" else possible[0])
    own, count, total = int(hits[place]), int(flagged[place]), int(is_own.sum())
    return Flagging(
        threshold=float(values[order[place]]),
        precision=own / count,
        precision_interval=wilson_interval(own, count),
        recall=own / total,
        recall_interval=wilson_interval(own, total),
        flagged=count,
        count=total,
    )
