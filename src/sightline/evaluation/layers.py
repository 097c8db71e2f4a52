"""What a network's layers were like while it learnt, as numbers and in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.core.percent import percent
from sightline.evaluation.words import brief

MOSTLY = 0.5
"""From this share of dead units or saturated outputs on, a sentence says so."""
LONGEST_NAME = 60
NOTHING_PASSES = 1e-10


@dataclass(frozen=True)
class Spread:
    """How some numbers are spread: a histogram with bins of one width.

    Args:
        low: Where the first bin begins: the least of them.
        high: Where the last bin ends: the greatest of them.
        deviation: The standard deviation of all of them.
        counts: How many in each bin from `low` to `high`.
    """

    low: float
    high: float
    deviation: float
    counts: tuple[int, ...]


@dataclass(frozen=True)
class LayerCourse:
    """One layer over the training; each tuple has an entry an epoch, None where there is nothing.

    Args:
        name: As the network has it, such as ``"conv1"``.
        kind: The class of the layer, such as ``"Conv2d"``.
        weights: How they were spread after the epoch.
        gradients: How those of the weights were spread in the epoch's first step.
        outputs: How they were spread on some validation pictures.
        dead: Share of its units that are zero on every picture, 0 to 1.
        saturated: Share of its outputs near an end of their range, 0 to 1.
    """

    name: str
    kind: str
    weights: tuple[Spread | None, ...]
    gradients: tuple[Spread | None, ...]
    outputs: tuple[Spread | None, ...]
    dead: tuple[float | None, ...]
    saturated: tuple[float | None, ...]


@dataclass(frozen=True, eq=False)
class FilterSheet:
    """The first layer's weights as pictures.

    Args:
        layer: The name of the layer.
        weights: (F, C, h, w).
        coloured: Whether the three channels are red, green and blue.
    """

    layer: str
    weights: NDArray[np.float32]
    coloured: bool


@dataclass(frozen=True, eq=False)
class Layers:
    """What is known of a network's layers.

    Args:
        filters: Of the first layer; None where they are not known.
        courses: The layers over the training, from the first to the last; empty where they are not known.
        epochs: (T,) which epochs the courses tell of, counted from 1.
        pictures: On how many pictures outputs and shares were made.
        left_out: How many layers were not recorded.
    """

    filters: FilterSheet | None = None
    courses: tuple[LayerCourse, ...] = ()
    epochs: tuple[int, ...] = ()
    pictures: int = 0
    left_out: int = 0


def last(values: Sequence[Any]) -> Any:
    """Return the last entry, None if there is none."""
    return values[-1] if values else None


def layer_troubles(layers: Layers) -> tuple[str, ...]:
    """Say in words what is wrong with the layers after the last epoch; nothing if nothing is."""
    sentences: list[str] = []
    on_pictures = f"on {layers.pictures:,} pictures"
    for course in layers.courses:
        name, dead, saturated = brief(course.name, LONGEST_NAME), last(course.dead), last(course.saturated)
        gradients = last(course.gradients)
        if dead is not None and dead >= MOSTLY:
            sentences.append(f"{name}: {percent(dead)} of its units never fire {on_pictures}.")
        if saturated is not None and saturated >= MOSTLY:
            sentences.append(f"{name}: {percent(saturated)} of its outputs are saturated {on_pictures}.")
        if gradients is not None and max(abs(gradients.low), abs(gradients.high)) < NOTHING_PASSES:
            sentences.append(f"{name}: no gradient reaches its weights, so they do not learn.")
    return tuple(sentences)


def layers_json(layers: Layers) -> list[dict[str, Any]]:
    """Return each recorded layer after the last epoch as plain values."""
    return [
        {
            "name": course.name,
            "kind": course.kind,
            "dead": last(course.dead),
            "saturated": last(course.saturated),
            **{
                f"{what}_deviation": None if spread is None else spread.deviation
                for what, spread in _last_spreads(course).items()
            },
        }
        for course in layers.courses
    ]


def _last_spreads(course: LayerCourse) -> dict[str, Spread | None]:
    return {what: last(getattr(course, what)) for what in ("weights", "gradients", "outputs")}
