"""How a drawing by matplotlib becomes part of a page, readable on light and on dark ground.

Matplotlib draws with stand-in colours; afterwards these become the page's own variables. The same
numbers give the same bytes.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axes._secondary_axes import SecondaryAxis
    from matplotlib.figure import Figure

TRAINING, VALIDATION, INK, RULE, ACCENT, PAGE = "#010203", "#040506", "#070809", "#0a0b0c", "#0d0e0f", "#101112"
PAGE_COLOURS = {
    TRAINING: "var(--curve-training)",
    VALIDATION: "var(--curve-validation)",
    INK: "currentColor",
    RULE: "var(--rule)",
    ACCENT: "var(--accent)",
    PAGE: "var(--page)",
}
FONT_SIZE = 8.5


@contextmanager
def drawing(prefix: str, inches: tuple[float, float]) -> Iterator["Figure"]:
    """Give an empty figure, with matplotlib set so that the same numbers give the same bytes.

    Args:
        prefix: What every id inside shall begin with; see `for_page`.
        inches: Width and height of the drawing.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    options: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": prefix, "font.size": FONT_SIZE}
    with mpl.rc_context(options | {"text.parse_math": False}):
        yield Figure(figsize=inches, layout="constrained")


def undress(axes: "Axes | SecondaryAxis") -> None:
    """Take away frame and tick marks, and write in the page's ink."""
    axes.set_axisbelow(True)
    axes.tick_params(colors=INK, length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for text in (axes.xaxis.label, axes.yaxis.label):
        text.set_color(INK)


def grid_and_legend(axes: "Axes") -> None:
    """Draw faint lines behind, take away the frame, and name the curves above."""
    axes.grid(visible=True, color=RULE, linewidth=0.6)
    undress(axes)
    axes.figure.legend(loc="outside upper left", ncols=3, frameon=False, labelcolor=INK)


def for_page(figure: "Figure", prefix: str, *, label: str) -> str:
    """Return the drawing alone: no prologue, no namespaces, the page's font and colours, ids of its own.

    Args:
        figure: Drawn within the context of `drawing`.
        prefix: What every id inside begins with, so that two drawings can share a page.
        label: What it shows, for those who can't see it; no user's text.
    """
    file = StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<(metadata|style)\b.*?</\1>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    svg = re.sub(r"font-family: [^;\"]*", "font-family: inherit", svg)
    for stand_in, colour in PAGE_COLOURS.items():
        svg = svg.replace(stand_in, colour)
    return svg.replace("<svg", f'<svg class="curve" role="img" aria-label="{label}"', 1).strip()
