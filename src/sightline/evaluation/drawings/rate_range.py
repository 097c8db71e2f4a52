"""The loss while the learning rate climbs, as a drawing inside a page."""

from collections.abc import Sequence

import numpy as np

from sightline.evaluation.drawings.drawing import ACCENT, TRAINING, drawing, for_page, grid_and_legend

INCHES = (4.0, 2.6)
ROOM = 2.0
"""Losses are drawn up to so many times where they began."""


def rate_range_svg(
    curves: Sequence[tuple[Sequence[float], Sequence[float]]],
    *,
    suggestion: float | None = None,
    prefix: str = "rates",
) -> str:
    """Draw the loss over the learning rate, a line an order of batches, with the suggested rate.

    Args:
        curves: (rates, losses) of each climb; the losses may end in infinity.
        suggestion: A rate, or None.
        prefix: What every id inside begins with, so that two drawings can share a page.

    Returns:
        An ``<svg>`` element for an HTML page, or ``""`` if there are no curves.
    """
    from matplotlib.ticker import FuncFormatter, NullFormatter

    if not curves:
        return ""
    most = ROOM * max(losses[0] for _, losses in curves)
    with drawing(prefix, INCHES) as figure:
        axes = figure.add_subplot()
        for place, (rates, losses) in enumerate(curves):
            label = None if place else "loss, three orders"
            axes.plot(rates, np.minimum(losses, most), color=TRAINING, linewidth=1.2, alpha=0.8, label=label)
        if suggestion:
            axes.axvline(suggestion, color=ACCENT, linewidth=1.4, linestyle="--", label="suggested")
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{rate:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("Learning rate")
        axes.set_ylabel("Loss")
        axes.set_ylim(0, most)
        grid_and_legend(axes)
        return for_page(figure, prefix, label="The loss while the learning rate climbs")
