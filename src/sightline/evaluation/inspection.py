"""The page of ``sightline inspect``: a network's inside, and what it makes of one picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.core.percent import percent
from sightline.evaluation.headline import brief
from sightline.evaluation.inside_figures import QUANTITIES, filter_tiles, filters_uri, heat_svg, maps_uri, shares_svg
from sightline.evaluation.insides import Insides, LayerCourse, troubles
from sightline.evaluation.pictures import is_small, picture_uri

MOST_COURSES = 16
"""Each layer's three heat maps take some 30 KB of the page."""
SIGN = '<meta name="generator" content="sightline inspect">'
"""Stands in every page, so that a page can be told from a stranger's file before it is replaced."""


@dataclass(frozen=True)
class LayerRow:
    """One line of the table of layers.

    Args:
        name: The layer's name.
        kind: Its class.
        shape: Its output's shape, such as ``"30x30x32"``.
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
        row: The layer.
        channels: Which channels are shown, the strongest first; empty for a dense layer.
        maps: (n, h, w), see `inside_figures.maps_uri`.
    """

    row: LayerRow
    channels: tuple[int, ...]
    maps: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class LookedAt:
    """One picture, and what the network says of it.

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
    """Everything that the page shows.

    Args:
        title: The heading.
        about: A line below it.
        notes: What is not there, and why.
        insides: Filters, and the layers over the training.
        rows: The table of layers; empty where the network is not known.
        looked_at: One picture; None if none was given.
    """

    title: str
    about: str
    notes: tuple[str, ...]
    insides: Insides
    rows: tuple[LayerRow, ...]
    looked_at: LookedAt | None = None


def inspection_html(inspection: Inspection) -> str:
    """Return the page, which asks for nothing outside itself; names are escaped and shortened."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"percent": percent, "brief": brief, "uri": picture_uri, "small": is_small}
    environment.filters |= {"maps_uri": maps_uri}
    sheet = inspection.insides.filters
    html = environment.from_string(_resource("inspection.html.jinja")).render(
        inspection=inspection,
        troubles=troubles(inspection.insides),
        style=Markup(_resource("report.css")),  # noqa: S704, our own file
        sign=Markup(SIGN),  # noqa: S704, our own words
        filters=filters_uri(sheet) if sheet else None,
        tiles=filter_tiles(sheet)[1] if sheet else 0,
        shares=[Markup(drawing) for drawing in _shares(inspection.insides)],  # noqa: S704, matplotlib escapes names
        courses=[(name, [Markup(svg) for svg in svgs]) for name, svgs in _courses(inspection.insides)],  # noqa: S704
        courses_in_all=len(_weighted(inspection.insides.courses)),
    )
    return html.encode("utf-8", "backslashreplace").decode("utf-8")


def _resource(name: str) -> str:
    return files("sightline.evaluation").joinpath(name).read_text(encoding="utf-8")


def _shares(insides: Insides) -> list[str]:
    drawn = [shares_svg(insides, what, prefix=f"share-{what}") for what in ("dead", "saturated")]
    return [drawing for drawing in drawn if drawing]


def _weighted(courses: Sequence[LayerCourse]) -> list[LayerCourse]:
    return [course for course in courses if any(course.weights)]


def _courses(insides: Insides) -> list[tuple[str, list[str]]]:
    """Return (name, heat maps) of up to sixteen layers with weights, evenly chosen."""
    weighted = _weighted(insides.courses)
    places = np.unique(np.linspace(0, len(weighted) - 1, MOST_COURSES).round().astype(int)) if weighted else ()
    return [(weighted[place].name, _heats(weighted[place], insides, f"layer{place}")) for place in places]


def _heats(course: LayerCourse, insides: Insides, prefix: str) -> list[str]:
    drawn: list[Any] = [heat_svg(course, what, insides.epochs, prefix=f"{prefix}-{what}") for what in QUANTITIES]
    return [drawing for drawing in drawn if drawing]
