"""Accuracy over the strength of every kind of damage, as one drawing inside a page."""

from itertools import groupby
from typing import TYPE_CHECKING

from sightline.evaluation.breakdown.robustness import CorruptionScore, RobustnessScores
from sightline.evaluation.drawings.drawing import ACCENT, INK, RULE, TRAINING, drawing, for_page, undress

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INCHES = (6.4, 6.6)
COLUMNS = 2
STYLES = ((ACCENT, "-", "o"), (TRAINING, "--", "s"), (INK, ":", "^"), (ACCENT, "-.", "D"), (TRAINING, "-", "v"))
"""Colour, line and mark of each kind in a panel."""


def robustness_svg(scores: RobustnessScores, *, prefix: str = "robustness") -> str:
    """Draw the accuracy over the strength, a panel a family, with the accuracy on whole pictures as strength 0.

    Args:
        scores: Of one kind of damage or more.
        prefix: What every id inside begins with, so that two drawings can share a page.

    Returns:
        An ``<svg>`` element for an HTML page.
    """
    families = [(family, tuple(group)) for family, group in groupby(scores.corruptions, key=lambda one: one.family)]
    rows = -(-len(families) // COLUMNS)
    with drawing(prefix, INCHES) as figure:
        panels = figure.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False).ravel()
        for (family, group), axes in zip(families, panels, strict=False):
            _draw(axes, family, group, clean=scores.clean)
        for axes in panels[len(families) :]:
            axes.set_visible(False)
        return for_page(figure, prefix, label="Accuracy over the strength of every kind of damage")


def _draw(axes: "Axes", family: str, group: tuple[CorruptionScore, ...], *, clean: float) -> None:
    strengths = range(len(group[0].accuracies) + 1)
    for score, (colour, line, mark) in zip(group, STYLES, strict=False):
        values = [100 * value for value in (clean, *score.accuracies)]
        axes.plot(strengths, values, line, color=colour, marker=mark, markersize=4, linewidth=1.5, label=score.name)
    axes.axhline(100 * clean, color=RULE, linewidth=0.8)
    axes.set_title(family, loc="left", color=INK, fontsize="medium")
    axes.set_ylim(-3, 103)
    axes.set_xlabel("Strength")
    axes.set_ylabel("Accuracy, in %")
    axes.grid(visible=True, color=RULE, linewidth=0.6)
    undress(axes)
    axes.legend(loc="lower left", frameon=False, labelcolor=INK, fontsize="small")
