"""How a probability falls while places are taken away, and rises while they are given back, as a drawing."""

from collections.abc import Sequence

import numpy as np

from sightline.evaluation.drawings.drawing import ACCENT, TRAINING, drawing, for_page, grid_and_legend

INCHES = (3.4, 2.2)


def perturbation_svg(curve: Sequence[float], random: Sequence[float], *, name: str, prefix: str) -> str:
    """Draw a class's probability over the share of pixels that were changed, beside a random order.

    Args:
        curve: (T,) with none to all of the pixels changed, in the order of a map.
        random: (T,) the same in random orders.
        name: What is done to the pixels, such as ``"taken away"``.
        prefix: What every id inside begins with, so that two drawings can share a page.

    Returns:
        An ``<svg>`` element for an HTML page.
    """
    shares = np.linspace(0, 100, len(curve))
    with drawing(prefix, INCHES) as figure:
        axes = figure.add_subplot()
        axes.plot(shares, 100 * np.asarray(random), "--", color=TRAINING, linewidth=1.6, label="random order")
        axes.plot(shares, 100 * np.asarray(curve), color=ACCENT, linewidth=1.8, label="order of the map")
        axes.set_ylim(-3, 103)
        axes.set_xlabel(f"Pixels {name}, in %")
        axes.set_ylabel("Probability, in %")
        grid_and_legend(axes)
        return for_page(figure, prefix, label=f"The probability over the share of pixels {name}")
