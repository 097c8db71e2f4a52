"""The page of ``sightline inspect``: a network's inside, and what it makes of one picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.evaluation.drawings.layers import QUANTITIES, heat_svg, shares_svg
from sightline.evaluation.drawings.tiles import filter_tiles, filters_uri, maps_uri
from sightline.evaluation.layers import LayerCourse, Layers, layer_troubles
from sightline.evaluation.pages.page import markup, page
from sightline.evaluation.report.similarity.embedding import EmbeddingDrawn

MOST_COURSES = 16
"""Each layer's three heat maps take some 30 KB of the page."""
VERB = "inspect"


@dataclass(frozen=True)
class LayerRow:
    """One line of the table of layers.

    Args:
        name: As the network has it, such as ``"conv1"``.
        kind: The class of the layer, such as ``"Conv2d"``.
        shape: Of the output, such as ``"30x30x32"``.
        parameters: How many numbers in it are learnt.
        field: What one of its units sees, such as ``"5 px"``.
        jump: Pixels between the fields of neighbours; 0 where units have no place.
        dead: Share of its units that never fire; None where that is not known.
        saturated: Share of its outputs near an end; None where that is not known.
    """

    name: str
    kind: str
    shape: str
    parameters: int
    field: str
    jump: int
    dead: float | None
    saturated: float | None


@dataclass(frozen=True, eq=False)
class MapSheet:
    """What one layer made of the picture.

    Args:
        channels: Which channels are shown, the strongest first; empty for a dense layer.
        maps: (n, h, w), see `maps_uri`.
    """

    row: LayerRow
    channels: tuple[int, ...]
    maps: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class PictureView:
    """One picture, and what the network makes of it.

    Args:
        name: The file, as its user knows it.
        pixels: (H, W, 3) uint8, as it is shown.
        answers: The likeliest classes with their probabilities, the likeliest first.
        sheets: What the layers made of it, from the first to the last.
        left_out: How many layers are not among them.
    """

    name: str
    pixels: NDArray[np.uint8]
    answers: tuple[tuple[str, float], ...]
    sheets: tuple[MapSheet, ...]
    left_out: int


@dataclass(frozen=True, eq=False)
class Inspection:
    """What can be seen inside a network.

    Args:
        title: The heading; it may be a stranger's.
        about: One line below the heading.
        notes: What is not there, and why, as sentences.
        layers: The filters of the first, and all of them over the training.
        rows: The table of layers; empty where the network is not known.
        view: Of one picture; None if there is none.
        embedding: Pictures that the run kept, where what the last layer reads of them lies; None without any.
    """

    title: str
    about: str
    notes: tuple[str, ...]
    layers: Layers
    rows: tuple[LayerRow, ...]
    view: PictureView | None = None
    embedding: EmbeddingDrawn | None = None

    def __repr__(self) -> str:
        """Return the heading, in one line."""
        return f"<Inspection: {self.title}>"

    @property
    def sheets(self) -> tuple[MapSheet, ...]:
        """What the layers made of the picture; empty if there is none."""
        return self.view.sheets if self.view else ()


def inspection_html(inspection: Inspection) -> str:
    """Return the page, which asks for nothing outside itself; names are escaped and shortened."""
    layers = inspection.layers
    filters = layers.filters
    return page(
        "pages/inspection.html.jinja",
        title=inspection.title,
        kind=VERB,
        inspection=inspection,
        layers=layers,
        troubles=layer_troubles(layers),
        filters=filters_uri(filters) if filters else "",
        tiles=filter_tiles(filters)[1] if filters else 0,
        maps=[(sheet, maps_uri(sheet.maps)) for sheet in inspection.sheets],
        shares=[markup(drawing) for drawing in _shares(layers)],
        courses=[(name, [markup(svg) for svg in svgs]) for name, svgs in _courses(layers)],
        courses_in_all=len(_weighted(layers.courses)),
    )


def _shares(layers: Layers) -> list[str]:
    drawn = [shares_svg(layers, what, prefix=f"share-{what}") for what in ("dead", "saturated")]
    return [drawing for drawing in drawn if drawing]


def _weighted(courses: Sequence[LayerCourse]) -> list[LayerCourse]:
    return [course for course in courses if any(course.weights)]


def _courses(layers: Layers) -> list[tuple[str, list[str]]]:
    """Return (name, heat maps) of up to sixteen layers with weights, evenly chosen."""
    weighted = _weighted(layers.courses)
    places = np.unique(np.linspace(0, len(weighted) - 1, MOST_COURSES).round().astype(int)) if weighted else ()
    return [(weighted[place].name, _heats(weighted[place], layers, f"layer{place}")) for place in places]


def _heats(course: LayerCourse, layers: Layers, prefix: str) -> list[str]:
    drawn: list[Any] = [heat_svg(course, what, layers.epochs, prefix=f"{prefix}-{what}") for what in QUANTITIES]
    return [drawing for drawing in drawn if drawing]
