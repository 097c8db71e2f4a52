"""The accuracies of what was tried in the fitting of a pipeline, as a drawing inside a page."""

from typing import TYPE_CHECKING

import numpy as np

from sightline.evaluation.drawings.drawing import INK, TRAINING, VALIDATION, drawing, for_page, grid_and_legend
from sightline.evaluation.fitting import FittingFigures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCHES = (4.0, 2.6)
MOST_TICKS = 6
AXES = {"strength": "Strength of the penalty", "neighbours": "Neighbours", "passes": "Passes"}


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
