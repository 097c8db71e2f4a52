"""The plane of two features as a drawing: which class a classifier gives each place, and where the pictures lie."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sightline.evaluation.drawings.drawing import INK, PAGE, drawing, for_page, undress
from sightline.evaluation.plane import MOST_POINTS, FeaturePlane, Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CLASSES = 12
"""Classes that are told apart; all others are drawn alike."""
COLOURS = ("#2f78dc", "#d0662a", "#0f8a6a", "#c24f8c", "#a8791a", "#7a6fd0")
"""They have enough contrast on a light and on a dark page; blue and orange differ for nearly all readers."""
OTHERS = "#808080"
MOST_ENLARGED = 1.8
INCHES = (4.4, 4.4)
AREA_OPACITY, BORDER = 72, (128, 128, 128, 230)
LEAST_SIDE = 600
"""Areas are enlarged to so many pixels, so that their borders are thin lines."""
LEAST_DEPTH = 0.03
"""An area has a number where its middle lies so far from its border, as a share of the drawing's side."""
NUDGE = 0.006
"""Points that coincide are moved by up to this share of an axis."""
SEED = 0

Corners = tuple[tuple[float, float], ...]


def _ring(count: int, *radii: float, turn: float = 0.0) -> Corners:
    """Return corners around the middle, from the top on, with radii that take turns, as large as -1 to 1 allows."""
    angles = 2 * np.pi * (0.25 + turn + np.arange(count) / count)
    corners = np.resize(radii, count)[:, None] * np.transpose([np.cos(angles), np.sin(angles)])
    return tuple((float(x), float(y)) for x, y in corners / np.abs(corners).max())


SHAPES = (
    _ring(24, 1),
    _ring(4, 1, turn=1 / 8),
    _ring(3, 1),
    _ring(4, 1),
    _ring(10, 1, 0.45),
    _ring(3, 1, turn=1 / 2),
    _ring(8, 1, 0.35, turn=1 / 8),
)
"""Circle, square, triangle, diamond, star, triangle, cross: with six colours no pair returns before the 43rd class."""


@dataclass(frozen=True)
class Sign:
    """How a class is drawn, and what the legend says of it.

    Args:
        number: What its area is called, from 1; 0 for classes that are drawn alike.
        name: The class, or how many others there are.
        colour: As CSS writes it.
        corners: (n, 2) of its shape, within -1 to 1.
    """

    number: int
    name: str
    colour: str
    corners: Corners = field(repr=False)

    @property
    def scale(self) -> float:
        """By how much to enlarge the shape's area, so that slender ones weigh nearly as much as a circle."""
        (x, y), (next_x, next_y) = np.transpose(self.corners), np.roll(np.transpose(self.corners), -1, axis=1)
        return float(min(MOST_ENLARGED, np.pi / (abs(np.sum(x * next_y - next_x * y)) / 2)))

    @property
    def points(self) -> str:
        """The corners as SVG writes them, downwards positive."""
        return " ".join(f"{x:.3f},{-y:.3f}" for x, y in self.corners)


def signs(plane: FeaturePlane) -> tuple[Sign, ...]:
    """Return how the classes are drawn, the rest of many in one last sign."""
    own = _with_own_signs(plane)
    rest = len(plane.classes) - len(own)
    alone = tuple(
        Sign(number, plane.classes[index], COLOURS[(number - 1) % len(COLOURS)], SHAPES[(number - 1) % len(SHAPES)])
        for number, index in enumerate(own, start=1)
    )
    return (*alone, Sign(0, f"{rest:,} other classes", OTHERS, SHAPES[0])) if rest else alone


def plane_svg(plane: FeaturePlane, *, prefix: str = "plane") -> str:
    """Draw the areas of the classes, the training pictures (filled) and the test pictures (hollow).

    Args:
        plane: Of any number of pictures; of each part a thousand are drawn.
        prefix: What every id inside begins with, so that two drawings can share a page.

    Returns:
        An ``<svg>`` element for an HTML page; it holds no names of classes, see `signs`.

    Raises:
        ValueError: The arrays do not fit each other.
    """
    _require_fit(plane)
    with drawing(prefix, INCHES) as figure:
        panels = figure.subplot_mosaic(
            [["up", "plane"], [".", "across"]], width_ratios=(0.035, 1), height_ratios=(1, 0.035)
        )
        axes = panels["plane"]
        _areas(axes, plane)
        _points(axes, plane)
        _name_axes(panels, plane)
        return for_page(figure, prefix, label="The areas of the classes in the plane of two features, with pictures")


def _require_fit(plane: FeaturePlane) -> None:
    pairs = ((plane.features, plane.labels), (plane.test_features, plane.test_labels))
    for features, labels in pairs:
        if features.shape != (len(labels), 2):
            raise ValueError(f"two features a picture are needed, not {features.shape} for {len(labels)} labels")
    if plane.answers.ndim != 2 or not plane.answers.size:  # noqa: PLR2004, a plane has two axes
        raise ValueError(f"the answers must be (rows, columns), not {plane.answers.shape}")
    if plane.x_span[0] >= plane.x_span[1] or plane.y_span[0] >= plane.y_span[1]:
        raise ValueError(f"the spans must rise, not {plane.x_span} and {plane.y_span}")


def _with_own_signs(plane: FeaturePlane) -> list[int]:
    """Return the classes that have a sign of their own, in their order: those with the most pictures."""
    counts = np.bincount(np.concatenate([plane.labels, plane.test_labels]), minlength=len(plane.classes))
    fits = len(plane.classes) <= MOST_CLASSES
    return sorted(np.argsort(-counts, kind="stable")[: None if fits else MOST_CLASSES - 1].tolist())


def _sign_places(plane: FeaturePlane) -> NDArray[np.int64]:
    """Return for each class the place of its sign, (C,)."""
    own = _with_own_signs(plane)
    places = np.full(len(plane.classes), len(own))
    places[own] = np.arange(len(own))
    return places


def _areas(axes: "Axes", plane: FeaturePlane) -> None:
    every = signs(plane)
    cells = _sign_places(plane)[plane.answers]
    rows, columns = cells.shape
    enlarged = np.kron(cells, np.ones((-(-LEAST_SIDE // rows), -(-LEAST_SIDE // columns)), cells.dtype))
    pixels = np.array([[*_rgb(sign.colour), AREA_OPACITY] for sign in every], np.uint8)[enlarged]
    pixels[_borders(enlarged)] = BORDER
    extent = (*plane.x_span, *plane.y_span)
    axes.imshow(pixels, origin="lower", aspect="auto", interpolation="none", extent=extent)
    for place, sign in enumerate(every):
        row, column, depth = _deepest(cells == place)
        if sign.number and depth >= LEAST_DEPTH * min(rows, columns):
            x, y = (
                low + (at + 0.5) / count * (high - low)
                for at, count, (low, high) in ((column, columns, plane.x_span), (row, rows, plane.y_span))
            )
            badge = {"boxstyle": "circle,pad=0.25", "facecolor": PAGE, "edgecolor": INK, "linewidth": 0.8}
            axes.text(x, y, str(sign.number), color=INK, ha="center", va="center", bbox=badge, zorder=5, clip_on=True)


def _borders(cells: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return where a cell differs from its neighbour to the right or above, two pixels wide."""
    differ = np.zeros(cells.shape, dtype=bool)
    across, up = cells[:, 1:] != cells[:, :-1], cells[1:] != cells[:-1]
    differ[:, 1:] |= across
    differ[:, :-1] |= across
    differ[1:] |= up
    differ[:-1] |= up
    return differ


def _deepest(area: NDArray[np.bool_]) -> tuple[int, int, int]:
    """Return row and column of the cell furthest from the area's border, and how many cells that is."""
    left, depth = area, 0
    while left.any():
        area, depth = left, depth + 1
        inner = np.pad(left, 1)
        left = left & inner[2:, 1:-1] & inner[:-2, 1:-1] & inner[1:-1, 2:] & inner[1:-1, :-2]
    rows, columns = np.nonzero(area)
    middle = len(rows) // 2
    return (int(rows[middle]), int(columns[middle]), depth) if depth else (0, 0, 0)


def _points(axes: "Axes", plane: FeaturePlane) -> None:
    from matplotlib.path import Path

    places, chance = _sign_places(plane), np.random.default_rng(SEED)
    parts = ((plane.features, plane.labels, _filled), (plane.test_features, plane.test_labels, _hollow))
    for features, labels, dressed in parts:
        drawn = chance.permutation(len(labels))[:MOST_POINTS]
        across, up = _apart(features, plane, chance)[drawn].T
        for place, sign in enumerate(signs(plane)):
            these = places[labels[drawn]] == place
            outline = Path([*sign.corners, sign.corners[0]], closed=True)
            axes.scatter(across[these], up[these], marker=outline, **dressed(sign))
    axes.set_xlim(plane.x_span)
    axes.set_ylim(plane.y_span)


def _filled(sign: Sign) -> dict[str, Any]:
    return {"facecolor": sign.colour, "edgecolor": PAGE, "linewidths": 0.4, "s": 14 * sign.scale, "zorder": 3}


def _hollow(sign: Sign) -> dict[str, Any]:
    return {"facecolor": PAGE, "edgecolor": sign.colour, "linewidths": 1.1, "s": 16 * sign.scale, "zorder": 4}


def _apart(features: Floats, plane: FeaturePlane, chance: np.random.Generator) -> Floats:
    """Return the features, those that occur more than once moved a little."""
    _, inverse, counts = np.unique(features, axis=0, return_inverse=True, return_counts=True)
    shared = counts[inverse.reshape(-1)] > 1  # numpy 2.0 alone gives the inverse a second axis
    reach = NUDGE * np.array([np.ptp(plane.x_span), np.ptp(plane.y_span)])
    return features + shared[:, None] * chance.uniform(-reach, reach, size=features.shape)


def _name_axes(panels: "dict[str, Axes]", plane: FeaturePlane) -> None:
    """Name the axes, and lay the colours that the features number along them."""
    axes, across, up = panels["plane"], panels["across"], panels["up"]
    undress(axes)
    if plane.axis_colours is None:
        across.remove()
        up.remove()
        axes.set_xlabel(plane.axis_names[0])
        axes.set_ylabel(plane.axis_names[1])
        return
    colours, span = plane.axis_colours, (-0.5, len(plane.axis_colours) - 0.5)
    strip = colours.repeat(-(-LEAST_SIDE // len(colours)), axis=0)
    across.imshow(strip[None], aspect="auto", interpolation="none", extent=(*span, 0, 1))
    up.imshow(strip[:, None], origin="lower", aspect="auto", interpolation="none", extent=(0, 1, *span))
    across.set_xlim(plane.x_span)
    up.set_ylim(plane.y_span)
    across.set_xlabel(plane.axis_names[0])
    up.set_ylabel(plane.axis_names[1])
    for panel in panels.values():
        undress(panel)
        panel.set_xticks([])
        panel.set_yticks([])


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))
