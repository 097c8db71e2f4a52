"""Accuracy against the number of labelled pictures, as a drawing inside a page."""

from collections.abc import Sequence

import numpy as np

from sightline.core.intervals import Interval
from sightline.evaluation.drawings.drawing import VALIDATION, drawing, for_page, grid_and_legend

INCHES = (4.0, 2.6)


def learning_curve_svg(points: Sequence[tuple[int, float, Interval]], *, prefix: str = "learning") -> str:
    """Draw the mean accuracy over the number of pictures, with its interval as a band.

    Args:
        points: (count, mean, interval) of each, fewest pictures first.
        prefix: What every id inside begins with, so that two drawings can share a page.

    Returns:
        An ``<svg>`` element for an HTML page, or ``""`` if there are fewer than two points.
    """
    if len(points) < 2:  # noqa: PLR2004, a course needs two points
        return ""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    counts = [count for count, _, _ in points]
    means, ends = np.array([mean for _, mean, _ in points]), np.array([interval for _, _, interval in points])
    with drawing(prefix, INCHES) as figure:
        axes = figure.add_subplot()
        axes.fill_between(counts, 100 * ends[:, 0], 100 * ends[:, 1], color=VALIDATION, alpha=0.2, linewidth=0)
        axes.plot(counts, 100 * means, "-o", color=VALIDATION, linewidth=1.8, markersize=4, label="accuracy")
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(FixedLocator(counts))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.0f}"))
        axes.set_xlabel("Labelled pictures")
        axes.set_ylabel("Accuracy in %")
        grid_and_legend(axes)
        return for_page(figure, prefix, label="Accuracy over the number of labelled pictures")
