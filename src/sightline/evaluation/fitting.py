"""The fitting of a classical pipeline: what it took, and what was tried on the way."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.percent import percent
from sightline.evaluation.drawing import INK, TRAINING, VALIDATION, drawing, for_page, grid_and_legend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCHES = (4.0, 2.6)
MOST_TICKS = 6
TRIED = {"strength": "strengths of the penalty", "neighbours": "numbers of neighbours", "passes": "numbers of passes"}
AXES = {"strength": "Strength of the penalty", "neighbours": "Neighbours", "passes": "Passes"}


@dataclass(frozen=True)
class FittingFigures:
    """What the fitting of a pipeline took, and what it tried.

    Args:
        seconds: How long it took in all.
        stages: Name and seconds of each stage, in their order.
        what: What was tried: ``"strength"`` or ``"neighbours"``.
        trials: (value, training accuracy, validation accuracy) of each value that was tried; may be empty.
        chosen: The place among the trials of the one that was kept.
        remarks: Sentences on what had to be done differently than asked.
    """

    seconds: float
    stages: tuple[tuple[str, float], ...]
    what: str
    trials: tuple[tuple[float, float, float], ...]
    chosen: int
    remarks: tuple[str, ...] = ()


def fitting_words(figures: FittingFigures) -> str:
    """Say which value was kept, and whether a better one may lie beyond those that were tried."""
    if not figures.trials:
        return "Nothing was tried out: this classifier has nothing to choose."
    value, training, validation = figures.trials[figures.chosen]
    right = f"right in {percent(validation)} of the validation pictures and {percent(training)} of those it learnt from"
    if len(figures.trials) == 1:
        return f"One value was taken as given, {figures.what} {value:.3g}: {right}."
    tried = TRIED.get(figures.what, f"values of {figures.what}")
    words = f"Of {len(figures.trials)} {tried}, {value:.3g} was kept, the best in validation: {right}."
    return f"{words}{_beyond(figures, value)}"


def _beyond(figures: FittingFigures, value: float) -> str:
    """Return a remark if the value that was kept is an end of those tried and there is more beyond it."""
    values = [trial[0] for trial in figures.trials]
    if value == max(values):
        return " It is the largest that was tried: a larger one may do better."
    if value == min(values) and not (figures.what == "neighbours" and value <= 1):
        return " It is the smallest that was tried: a smaller one may do better."
    return ""


def fitting_svg(figures: FittingFigures, *, prefix: str = "fitting") -> str:
    """Draw the two accuracies over the values that were tried, and mark the one that was kept.

    Args:
        figures: With values above 0.
        prefix: What every id inside begins with, so that two drawings can share a page.

    Returns:
        An ``<svg>`` element for an HTML page, or ``""`` if fewer than two values were tried.

    Raises:
        ValueError: A value is not above 0, or none was kept.
    """
    if len(figures.trials) < 2:  # noqa: PLR2004, a course needs two points
        return ""
    values = [trial[0] for trial in figures.trials]
    if min(values) <= 0 or not 0 <= figures.chosen < len(values):
        raise ValueError(f"one of {len(values)} values above 0 must be kept, not place {figures.chosen} of {values}")
    with drawing(prefix, INCHES) as figure:
        axes = figure.add_subplot()
        _draw(axes, figures)
        grid_and_legend(axes)
        return for_page(figure, prefix, label="Training and validation accuracy over the values that were tried")


def _draw(axes: "Axes", figures: FittingFigures) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    values, training, validation = np.array(sorted(figures.trials)).T
    axes.plot(values, 100 * training, "--o", color=TRAINING, label="training", linewidth=1.8, markersize=4)
    axes.plot(values, 100 * validation, "-o", color=VALIDATION, label="validation", linewidth=1.8, markersize=4)
    kept = figures.trials[figures.chosen][0]
    axes.axvline(kept, color=INK, linewidth=1.4, linestyle=":", label=f"kept ({kept:.3g})")
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(values[:: -(-len(values) // MOST_TICKS)].tolist()))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.2g}"))
    axes.set_xlabel(AXES.get(figures.what, figures.what.capitalize()))
    axes.set_ylabel("Accuracy in %")
