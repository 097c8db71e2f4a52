"""How often a model was right where it was so sure, as a drawing inside a page."""

from typing import TYPE_CHECKING

import numpy as np

from sightline.evaluation.drawings.drawing import ACCENT, INK, TRAINING, drawing, for_page, grid_and_legend
from sightline.evaluation.reliability import Reliability

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCHES = (4.0, 3.2)
LARGEST, SMALLEST = 11.0, 4.0
"""Of a dot, in points: its area goes with the number of answers, down to a dot that can still be seen."""


def reliability_svg(reliability: Reliability, *, prefix: str = "reliability") -> str:
    """Draw accuracy over confidence, with intervals, beside the line on which both are equal.

    Args:
        reliability: With at least one bin.
        prefix: What every id inside begins with, so that two drawings can share a page.

    Returns:
        An ``<svg>`` element for an HTML page.
    """
    with drawing(prefix, INCHES) as figure:
        axes = figure.add_subplot()
        _draw(axes, reliability)
        grid_and_legend(axes)
        return for_page(figure, prefix, label="How often it was right, over how sure it was")


def _draw(axes: "Axes", reliability: Reliability) -> None:
    axes.plot([0, 100], [0, 100], ":", color=INK, linewidth=1.4, label="as sure as right")
    most = max(one.count for one in reliability.bins)
    for number, one in enumerate(reliability.bins):
        middle, ends = 100 * one.confidence, [100 * end for end in one.interval]
        axes.plot([middle, middle], ends, color=TRAINING, linewidth=1.6, label="" if number else "95\u00a0% interval")
        size = max(SMALLEST, LARGEST * float(np.sqrt(one.count / most)))
        axes.plot([middle], [100 * one.accuracy], "o", color=ACCENT, markersize=size, label="" if number else "answers")
    axes.set_xlim(-3, 103)
    axes.set_ylim(-3, 103)
    axes.set_xlabel("How sure it was, in %")
    axes.set_ylabel("How often it was right, in %")
