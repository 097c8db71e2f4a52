"""Drawings of a network's layers: how their numbers were spread, and the dead and saturated shares."""

from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sightline.evaluation.drawings.drawing import ACCENT, INK, RULE, drawing, for_page, undress
from sightline.evaluation.layers import LayerCourse, Layers, Spread, last
from sightline.evaluation.words import brief

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_LINES, MOST_RIDGES = 6, 10
LINES = ("#0f8a6a", "#d0662a", "#7a6fd0", "#c24f8c", "#5a8f1f", "#a8791a")
"""Colours that differ for nearly all readers, and have enough contrast on a light and on a dark page."""
SHADE = (84, 136, 214)
"""The heat maps' colour, drawn in opacities."""
VALUE_BINS = 48
QUANTITIES = {"weights": "Weights", "gradients": "Gradients", "outputs": "Outputs"}
LONGEST_LABEL = 22

Floats = NDArray[np.float64]


def common_grid(spreads: Sequence[Spread | None]) -> tuple[Floats, Floats]:
    """Bring histograms with ranges of their own onto one grid, as shares of their numbers.

    Args:
        spreads: One an epoch; None has no numbers.

    Returns:
        (48, T) shares, each column summing to one or, where there is nothing, to zero; and (49,) edges.
    """
    filled = [spread for spread in spreads if spread is not None and any(spread.counts)]
    low, high = min(spread.low for spread in filled), max(spread.high for spread in filled)
    if low == high:
        low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
    edges = np.linspace(low, high, VALUE_BINS + 1)
    table = np.zeros((VALUE_BINS, len(spreads)))
    for column, spread in enumerate(spreads):
        if spread is not None and any(spread.counts):
            table[:, column] = _rebinned(spread, edges)
    return table, edges


def _rebinned(spread: Spread, edges: Floats) -> Floats:
    """Return a histogram's shares in other bins, its numbers taken as even within each of its own."""
    if spread.low == spread.high:
        return np.histogram([spread.low], edges)[0].astype(np.float64)
    own = np.linspace(spread.low, spread.high, len(spread.counts) + 1)
    upto = np.concatenate([[0], np.cumsum(spread.counts)]) / sum(spread.counts)
    return np.diff(np.interp(edges, own, upto))


def heat_svg(course: LayerCourse, what: str, epochs: Sequence[int], *, prefix: str) -> str:
    """Draw how a layer's numbers were spread, epoch by epoch: the more numbers, the stronger the colour.

    The root of the share is drawn, so that rare large values can be seen.

    Args:
        course: With one entry for each of the epochs.
        what: ``"weights"``, ``"gradients"`` or ``"outputs"``.
        epochs: (T,) the epochs' numbers.
        prefix: What every id inside begins with.

    Returns:
        An ``<svg>`` element, or ``""`` if there is nothing to draw.
    """
    spreads: Sequence[Spread | None] = getattr(course, what)
    if not any(spread is not None and any(spread.counts) for spread in spreads):
        return ""
    table, edges = common_grid(spreads)
    pixels = np.empty((*table.shape, 4), dtype=np.uint8)
    pixels[..., :3] = SHADE
    pixels[..., 3] = 255 * np.sqrt(table / table.max())
    with drawing(prefix, (3.1, 1.9)) as figure:
        axes = figure.add_subplot()
        axes.imshow(
            pixels,
            origin="lower",
            aspect="auto",
            interpolation="none",
            extent=(epochs[0] - 0.5, epochs[-1] + 0.5, edges[0], edges[-1]),
        )
        axes.set_title(QUANTITIES[what], loc="left", fontsize="medium", color=INK)
        axes.set_xlabel("Epoch")
        _whole_epochs(axes, epochs)
        axes.yaxis.set_major_formatter(_short)
        axes.locator_params(axis="y", nbins=5)
        undress(axes)
        return for_page(figure, prefix, label=f"{QUANTITIES[what]}: how they are spread in each epoch")


def ridges_svg(layers: Layers, what: str, *, prefix: str) -> str:
    """Draw how the numbers of up to ten layers are spread after the last epoch, the first layer on top.

    Each layer has its own scale, from minus to plus its largest magnitude; its deviation stands beside it.

    Args:
        layers: As many as there are; more than ten are thinned evenly.
        what: ``"weights"``, ``"gradients"`` or ``"outputs"``.
        prefix: What every id inside begins with.

    Returns:
        An ``<svg>`` element, or ``""`` if there is nothing to draw.
    """
    every = [(course.name, spread) for course in layers.courses if (spread := last(getattr(course, what)))]
    if not every:
        return ""
    places = np.unique(np.linspace(0, len(every) - 1, MOST_RIDGES).round().astype(int))
    shown = [every[place] for place in places]
    with drawing(prefix, (3.1, 0.5 + 0.27 * len(shown))) as figure:
        axes = figure.add_subplot()
        for row, (_, spread) in enumerate(shown):
            _ridge(axes, spread, -row)
        axes.set_title(QUANTITIES[what], loc="left", fontsize="medium", color=INK)
        axes.set_xlim(-1.06, 1.06)
        axes.set_xticks([0], ["0"])
        axes.axvline(0, color=RULE, linewidth=0.8, zorder=0)
        axes.set_yticks([-row for row in range(len(shown))], [brief(name, LONGEST_LABEL) for name, _ in shown])
        beside = axes.secondary_yaxis("right")
        beside.set_yticks([-row for row in range(len(shown))], [f"±{_short(spread.deviation)}" for _, spread in shown])
        for side in (axes, beside):
            undress(side)
        return for_page(figure, prefix, label=f"{QUANTITIES[what]} of the layers after the last epoch")


def _ridge(axes: "Axes", spread: Spread, base: float) -> None:
    most = max(abs(spread.low), abs(spread.high)) or 1
    edges = np.linspace(spread.low, spread.high, len(spread.counts) + 1) / most
    heights = np.sqrt(np.asarray(spread.counts) / max(*spread.counts, 1))
    if spread.low == spread.high:
        edges, heights = np.array([edges[0] - 0.02, edges[0] + 0.02]), np.ones(1)
    axes.stairs(base + 0.8 * heights, edges, baseline=base, fill=True, color=ACCENT, alpha=0.55, linewidth=0)


def shares_svg(layers: Layers, what: str, *, prefix: str) -> str:
    """Draw the share of dead units or of saturated outputs of up to six layers over the epochs, the worst ones.

    Args:
        layers: As many as there are; those with the largest shares at the end are drawn.
        what: One of ``"dead"`` and ``"saturated"``.
        prefix: What every id inside begins with.

    Returns:
        An ``<svg>`` element, or ``""`` if no layer can be so.
    """
    worst = worst_layers(layers, what)
    if not worst:
        return ""
    title = {"dead": "Dead units", "saturated": "Saturated outputs"}[what]
    style: dict[str, Any] = {"linewidth": 1.8, "marker": "o", "markersize": 6 if len(layers.epochs) == 1 else 0}
    with drawing(prefix, (4.0, 2.8)) as figure:
        axes = figure.add_subplot()
        for course, colour, dashes in zip(worst, LINES, cycle(("-", "--", ":"))):
            values = [np.nan if share is None else 100 * share for share in getattr(course, what)]
            name = brief(course.name, LONGEST_LABEL)
            axes.plot(layers.epochs, values, color=colour, linestyle=dashes, label=name, **style)
        axes.set_xlabel("Epoch")
        axes.set_ylabel(f"{title} in %")
        axes.set_ylim(-2, 102)
        axes.grid(visible=True, color=RULE, linewidth=0.6)
        _whole_epochs(axes, layers.epochs)
        undress(axes)
        figure.legend(loc="outside upper left", ncols=3, frameon=False, labelcolor=INK)
        return for_page(figure, prefix, label=f"{title} of the layers over the epochs, in percent")


def worst_layers(layers: Layers, what: str) -> list[LayerCourse]:
    """Return the up to six layers with the largest share at the end, in the network's order."""
    able = [course for course in layers.courses if last(getattr(course, what)) is not None]
    worst = sorted(able, key=lambda course: -getattr(course, what)[-1])[:MOST_LINES]
    return [course for course in able if course in worst]


def _whole_epochs(axes: "Axes", epochs: Sequence[int]) -> None:
    from matplotlib.ticker import FixedLocator, MaxNLocator

    axes.xaxis.set_major_locator(FixedLocator(list(epochs)) if len(epochs) == 1 else MaxNLocator(nbins=6, integer=True))


def _short(value: float, _place: object = None) -> str:
    return f"{value:.2g}".replace("e-0", "e-").replace("e+0", "e+")
