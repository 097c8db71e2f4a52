"""How sure a model was, and how often it was right then: whether its confidence can be taken at its word."""

from dataclasses import asdict, dataclass
from math import pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sightline.core.intervals import NORMAL_QUANTILE, Interval, wilson_interval
from sightline.core.percent import percent
from sightline.evaluation.scores import checked

BINS = 10
"""Of equal width, for the drawing."""


@dataclass(frozen=True)
class Bin:
    """Answers of about the same confidence.

    Args:
        confidence: Their mean, 0 to 1.
        accuracy: The share of them that was right, 0 to 1.
        interval: Wilson's 95 % interval of that share.
        count: How many there are, at least 1.
    """

    confidence: float
    accuracy: float
    interval: Interval
    count: int


@dataclass(frozen=True)
class Reliability:
    """Confidence beside accuracy.

    Args:
        count: How many pictures were answered.
        confidence: The mean probability of the answer, 0 to 1.
        accuracy: The share of right answers, 0 to 1.
        chance: How far the two would lie apart by chance if every confidence were true: one standard deviation.
        chance_error: The expected calibration error that chance alone would make, about.
        bins: Those that hold answers, the least sure first.
    """

    count: int
    confidence: float
    accuracy: float
    chance: float
    chance_error: float
    bins: tuple[Bin, ...]

    @property
    def kind(self) -> str:
        """``"too-sure"``, ``"too-unsure"``, or ``"believable"`` where chance explains the difference."""
        gap = self.confidence - self.accuracy
        if abs(gap) <= NORMAL_QUANTILE * self.chance:
            return "believable"
        return "too-sure" if gap > 0 else "too-unsure"

    @property
    def words(self) -> str:
        r"""The judgement with its direction, in a sentence or two.

        Example:
            >>> Reliability(500, 0.93, 0.85, 0.01, 0.02, ()).words.partition(". ")[0]
            'It is surer than it should be: 93.0\xa0% on average, and right in 85.0\xa0%'
        """
        sure, right = percent(self.confidence), percent(self.accuracy)
        points = f"{100 * abs(self.confidence - self.accuracy):.1f} points"
        match self.kind:
            case "too-sure":
                advice = f"Take its confidence as about {points} too high."
                return f"It is surer than it should be: {sure} on average, and right in {right}. {advice}"
            case "too-unsure":
                advice = f"Take its confidence as about {points} too low."
                return f"It is right more often than it says: {sure} sure on average, and right in {right}. {advice}"
            case _:
                return (
                    f"On average its confidence can be taken at its word: it is {sure} sure and right in {right}, "
                    "no further apart than chance explains."
                )

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self) | {"kind": self.kind}


def reliability_of(probabilities: ArrayLike, labels: ArrayLike) -> Reliability:
    """Compare confidence and accuracy.

    Args:
        probabilities: (N, C) in 0 to 1.
        labels: (N,) whole numbers in 0 to C - 1.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.

    Reference:
        M. H. DeGroot, S. E. Fienberg, "The Comparison and Evaluation of Forecasters", The Statistician 32, 1983
        (the reliability diagram). https://doi.org/10.2307/2987588
        D. J. Spiegelhalter, "Probabilistic prediction in patient management and clinical trials", Statistics in
        Medicine 5, 1986 (the spread that true probabilities have). https://doi.org/10.1002/sim.4780050506
    """
    truth, table = checked(labels, probabilities)
    confidence = np.clip(table.max(axis=1).astype(np.float64), 0, 1)
    right = table.argmax(axis=1) == truth
    places = np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)  # bins are open below
    spread = np.bincount(places, confidence * (1 - confidence), minlength=BINS)
    return Reliability(
        count=len(truth),
        confidence=float(confidence.mean()),
        accuracy=float(right.mean()),
        chance=sqrt(spread.sum()) / len(truth),
        chance_error=float(np.sqrt(2 / pi * spread).sum()) / len(truth),
        bins=tuple(_bin(confidence[places == place], int(right[places == place].sum())) for place in np.unique(places)),
    )


def _bin(confidence: ArrayLike, right: int) -> Bin:
    values = np.asarray(confidence)
    return Bin(float(values.mean()), right / len(values), wilson_interval(right, len(values)), len(values))
