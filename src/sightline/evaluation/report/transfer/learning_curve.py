"""Accuracy against the number of labelled pictures, and what twice as many would bring."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sightline.core.intervals import Interval
from sightline.evaluation.drawings.learning_curve import learning_curve_svg
from sightline.evaluation.pages.page import fragment, markup

if TYPE_CHECKING:
    from markupsafe import Markup

LEAST_GAIN = 0.005
"""A gain below half a point is called none: no draw tells it from chance."""
FEWEST_POINTS = 3
QUANTILE = 0.975
"""Of Student's distribution: 95 % lie between it and its mirror image."""


@dataclass(frozen=True)
class LearningPoint:
    """What some labelled pictures bring.

    Args:
        count: How many were learnt from, of all classes together.
        accuracies: Of each draw, 0 to 1, on labelled pictures that it did not learn from.
    """

    count: int
    accuracies: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Of all draws, 0 to 1."""
        return float(np.mean(self.accuracies))

    @property
    def interval(self) -> Interval:
        """The 95 % interval of the mean over the draws, within 0 to 1; all of that for a single draw."""
        from scipy.stats import t

        count = len(self.accuracies)
        if count < 2:  # noqa: PLR2004 - one draw has no spread
            return 0.0, 1.0
        error = float(t.ppf(QUANTILE, count - 1) * np.std(self.accuracies, ddof=1) / count**0.5)
        return max(0.0, self.mean - error), min(1.0, self.mean + error)


@dataclass(frozen=True)
class LearningCurve:
    """Accuracy against labelled pictures, each point drawn several times.

    Args:
        points: At least one, fewest pictures first.
        pictures: How many the model itself has learnt from.
    """

    key: ClassVar[str] = "learning-curve"
    title: ClassVar[str] = "What more pictures would bring"

    points: tuple[LearningPoint, ...]
    pictures: int

    @property
    def gain(self) -> float | None:
        """What twice as many pictures would add to the accuracy, 0 to 1; None where the curve is too short to say.

        Errors of a growing training set fall along a straight line where both are drawn by their logarithms; the line
        is fitted to the means and followed.

        Reference:
            Cortes, Jackel, Solla, Vapnik and Denker, "Learning curves: asymptotic values and rate of convergence"
            (1993). https://papers.nips.cc/paper/803; Hestness et al., "Deep learning scaling is predictable,
            empirically" (2017). https://arxiv.org/abs/1712.00409
        """
        known = [(point.count, 1 - point.mean) for point in self.points if point.mean < 1]
        if len(self.points) < FEWEST_POINTS or len(known) < FEWEST_POINTS:
            return 0.0 if len(self.points) >= FEWEST_POINTS else None
        counts, errors = np.log(np.array(known)).T
        slope, offset = np.polyfit(counts, errors, 1)
        now, then = np.exp(offset + slope * np.log([self.pictures, 2 * self.pictures]))
        return max(0.0, float(now - then))

    @property
    def words(self) -> str:
        """What the curve says of more pictures, in a sentence."""
        if self.gain is None:
            return "There are too few pictures for a curve that could be followed further."
        return f"Twice as many labelled pictures would bring {self._amount}, if the curve goes on as it did."

    @property
    def short_words(self) -> str:
        """The same as part of a sentence; empty where the curve is too short to say."""
        return "" if self.gain is None else f"twice as many pictures would bring {self._amount}, by the learning curve"

    @property
    def _amount(self) -> str:
        """How many points twice as many pictures would bring."""
        gain = self.gain or 0.0
        points = f"{100 * gain:.1f}".removesuffix(".0")
        return "less than half a point" if gain < LEAST_GAIN else f"about {points} point{'' if points == '1' else 's'}"

    def as_json(self) -> dict[str, Any]:
        """Return every draw, the means with their intervals, and the gain."""
        points = [asdict(point) | {"mean": point.mean, "interval": point.interval} for point in self.points]
        return {"learning_curve": {"points": points, "gain_of_twice_as_many": self.gain, "words": self.words}}

    def html(self) -> "Markup":
        """Return the words, the drawing and the table."""
        return fragment(
            "report/transfer/learning_curve.html.jinja", section=self, drawing=markup(learning_curve_svg(self.curve))
        )

    @property
    def curve(self) -> tuple[tuple[int, float, Interval], ...]:
        """(count, mean, interval) of each point."""
        return tuple((point.count, point.mean, point.interval) for point in self.points)
