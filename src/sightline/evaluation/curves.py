"""The course of a training as drawings inside a page.

Matplotlib draws with stand-in colours; afterwards these become the page's own variables, so that one
drawing is readable on a light and on a dark page. The same figures give the same bytes.
"""

import re
from collections.abc import Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TRAINING, VALIDATION, INK, RULE = "#010203", "#040506", "#070809", "#0a0b0c"
PAGE_COLOURS = {
    TRAINING: "var(--curve-training)",
    VALIDATION: "var(--curve-validation)",
    INK: "currentColor",
    RULE: "var(--rule)",
}
INCHES = (4.0, 2.6)


def curves_svg(
    *,
    name: str,
    training: Sequence[float],
    validation: Sequence[float],
    best_epoch: int | None = None,
    prefix: str = "curve",
) -> str:
    """Draw one figure of the training and validation parts over the epochs.

    Args:
        name: What is drawn, such as ``"Loss"``; also the axis label.
        training: (T,) one value an epoch; values that are no numbers leave a gap.
        validation: (T,) the same on the validation part.
        best_epoch: The epoch to mark, counted from 1.
        prefix: What every id inside begins with, so that two drawings can share a page.

    Returns:
        An ``<svg>`` element for an HTML page.

    Raises:
        ValueError: The sequences are empty or differ in length.
    """
    if not training or len(training) != len(validation):
        raise ValueError(f"the curves must be alike and not empty, not {len(training)} and {len(validation)} long")
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": prefix, "font.size": 8.5}):
        figure = Figure(figsize=INCHES, layout="constrained")
        axes = figure.add_subplot()
        _draw(axes, name, training=training, validation=validation)
        _mark_best(axes, best_epoch)
        _dress(axes)
        svg = _render(figure)
    return _for_page(svg, prefix, label=f"{name} per epoch, training against validation")


def _draw(axes: "Axes", name: str, *, training: Sequence[float], validation: Sequence[float]) -> None:
    from matplotlib.ticker import FixedLocator, MaxNLocator

    epochs = np.arange(1, len(training) + 1)
    style: dict[str, Any] = {"linewidth": 1.8, "marker": "o", "markersize": 6 if len(training) == 1 else 0}
    axes.plot(epochs, np.asarray(training), color=TRAINING, label="training", linestyle="--", **style)
    axes.plot(epochs, np.asarray(validation), color=VALIDATION, label="validation", **style)
    axes.set_xlabel("Epoch")
    axes.set_ylabel(name)
    axes.xaxis.set_major_locator(FixedLocator([1]) if len(training) == 1 else MaxNLocator(integer=True))


def _mark_best(axes: "Axes", best_epoch: int | None) -> None:
    if best_epoch is not None:
        axes.axvline(best_epoch, color=INK, linewidth=1.4, linestyle=":", label=f"best epoch ({best_epoch})")


def _dress(axes: "Axes") -> None:
    axes.grid(visible=True, color=RULE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for text in (axes.xaxis.label, axes.yaxis.label):
        text.set_color(INK)
    axes.figure.legend(loc="outside upper left", ncols=3, frameon=False, labelcolor=INK)


def _render(figure: "Figure") -> str:
    file = StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return file.getvalue()


def _for_page(svg: str, prefix: str, *, label: str) -> str:
    """Keep the drawing alone: no prologue, no namespaces, the page's font and colours, ids of its own."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<(metadata|style)\b.*?</\1>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    svg = re.sub(r"font-family: [^;\"]*", "font-family: inherit", svg)
    for stand_in, colour in PAGE_COLOURS.items():
        svg = svg.replace(stand_in, colour)
    return svg.replace("<svg", f'<svg class="curve" role="img" aria-label="{label}"', 1).strip()
