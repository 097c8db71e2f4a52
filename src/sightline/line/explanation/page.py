"""The page of ``sightline explain``."""

from collections.abc import Sequence
from typing import Any

from sightline.evaluation.drawings.perturbation import perturbation_svg
from sightline.evaluation.pages.page import markup, page
from sightline.evaluation.pictures import uri_of
from sightline.inference.explanation.agreement import ALIKE
from sightline.inference.explanation.explainers import EXPLAINERS
from sightline.inference.explanation.perturbation import PerturbationCurves
from sightline.line.explanation.record import ExplainedMap, ExplainedPicture, WayScore

VERB = "explain"


def explanation_html(
    title: str,
    *,
    about: str,
    pictures: Sequence[ExplainedPicture],
    notes: Sequence[str],
    problems: Sequence[str],
    scores: Sequence[WayScore],
) -> str:
    """Return the page, which asks for nothing outside itself; names are escaped and shortened.

    The arguments are the fields of `sightline.line.explanation.explanation.Explanation`.

    Raises:
        MissingExtraError: A package that draws the page is not installed.
    """
    return page(
        "pages/explanation.html.jinja",
        title=title,
        kind=VERB,
        about=about,
        pictures=pictures,
        notes=notes,
        problems=problems,
        scores=scores,
        lines={way: entry.line for way, entry in EXPLAINERS.items()},
        alike=ALIKE,
        overlays=[[_overlay(one, picture) for one in picture.maps] for picture in pictures],
        curves=[
            [_curves(one, f"curve-{number}-{place}") for place, one in enumerate(picture.maps)]
            for number, picture in enumerate(pictures)
        ],
        thumbnails=[[uri_of(near.thumbnail, "jpeg") for near in one.neighbours] for one in pictures],
        widest=_widest(pictures),
    )


def _widest(pictures: Sequence[ExplainedPicture]) -> float:
    """Return the nats of the loudest voice, or 1 where nothing is said."""
    evidence = (one.evidence for one in pictures if one.evidence)
    return max((abs(voice.nats) for each in evidence for voice in each.voices), default=0.0) or 1.0


def _overlay(one: ExplainedMap, picture: ExplainedPicture) -> str:
    height, width = picture.pixels.shape[:2]
    return uri_of(one.heat.overlay(width, height), "png")


def _curves(one: ExplainedMap, prefix: str) -> list[Any]:
    """Return the two drawings of a map: what is taken away, and what is given back."""
    pairs = {"taken away": "deletion", "given back": "insertion"}
    return [
        markup(perturbation_svg(_of(one.curves, kind), _of(one.random, kind), name=name, prefix=f"{prefix}-{kind}"))
        for name, kind in pairs.items()
    ]


def _of(curves: PerturbationCurves, kind: str) -> list[float]:
    values: list[float] = getattr(curves, kind).tolist()
    return values
