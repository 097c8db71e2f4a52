"""The report of one evaluation: one HTML file that needs no other, and its JSON twin."""

import math
from dataclasses import asdict, dataclass
from enum import Enum
from importlib.resources import files
from typing import Any

import numpy as np

from sightline.core.findings import Finding, gravest_first
from sightline.core.percent import percent
from sightline.evaluation.calibration import Confidence
from sightline.evaluation.comparison import BaselineComparison
from sightline.evaluation.confusion import heat_cells, heat_picture, most_confused
from sightline.evaluation.curves import curves_svg
from sightline.evaluation.fitting import FittingFigures, fitting_svg, fitting_words
from sightline.evaluation.headline import Bar, bars, brief, duration, interval_words, key_figures, result_sentences
from sightline.evaluation.inside_figures import filters_uri, ridges_svg, shares_svg
from sightline.evaluation.insides import Insides, insides_json, troubles
from sightline.evaluation.pictures import PictureCard, is_small, picture_uri
from sightline.evaluation.plane import FeaturePlane, plane_json, plane_svg, plane_words, signs
from sightline.evaluation.scores import ClassScores, Scores
from sightline.evaluation.verdict import Verdict

MOST_NUMBERED_CLASSES = 20
"""With more classes the matrix becomes a picture, and the table opens with the weakest classes."""
MOST_PAIRS = 10


@dataclass(frozen=True)
class TrainingFigures:
    """What the training took.

    Args:
        epochs: How many epochs ran.
        seconds: How long they took.
        images_per_second: Training pictures read a second.
        waiting_share: Of the training time, in which the network waited for pictures: 0 to 1.
        best_epoch: The epoch whose weights were kept, counted from 1.
        stopped_early: Whether it stopped before its last planned epoch.
    """

    epochs: int
    seconds: float
    images_per_second: float
    waiting_share: float
    best_epoch: int
    stopped_early: bool


@dataclass(frozen=True)
class History:
    """The course of the training; each field has one value an epoch.

    Args:
        training_loss: In nats.
        validation_loss: In nats.
        training_accuracy: 0 to 1.
        validation_accuracy: 0 to 1.
        learning_rate: At the epoch's end.
    """

    training_loss: tuple[float, ...]
    validation_loss: tuple[float, ...]
    training_accuracy: tuple[float, ...]
    validation_accuracy: tuple[float, ...]
    learning_rate: tuple[float, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Report:
    """Everything that the page and its JSON twin tell.

    Args:
        title: The heading.
        model: The model's name.
        parameters: How many numbers the model has learnt.
        classes: The names, in the order of the scores.
        scores: The figures.
        findings: What the checks noticed.
        mistakes: Confident mistakes, the surest first.
        uncertain: The least certain pictures, the closest first.
        split: ``{"train", "validation", "test"}`` counts and ``"digest"``; None for foreign pictures.
        training: What the training took; None when it is not known.
        history: Its course; None when it is not known.
        verdict: What the course, or the fit, says; None when it is not known.
        test_readings: How often this test part has been read so far, this time included.
        preprocess: How pictures are prepared, as names and values.
        settings: With what it was trained.
        environment: Where it was trained.
        created: When, as text.
        examples: One (name, (H, W, 3) uint8) for each class that shall be shown; may be empty.
        insides: What its layers are like; None when that is not known.
        proof: ``{"count", "same_top1", "largest_difference"}`` of the shipped graph against the trained
            network; None when that is not known.
        fitting: What the fitting of a pipeline took, in the place of a training and its course; None for a network.
        plane: The plane of its features, if there are two; else None.
        comparison: A network beside a pipeline; None when there was none.
        confidence: What the model's confidence is worth; None when it was not calibrated.
    """

    title: str
    model: str
    parameters: int
    classes: tuple[str, ...]
    scores: Scores
    findings: tuple[Finding, ...]
    mistakes: tuple[PictureCard, ...]
    uncertain: tuple[PictureCard, ...]
    split: dict[str, object] | None
    training: TrainingFigures | None
    history: History | None
    verdict: Verdict | None
    test_readings: int
    preprocess: dict[str, str]
    settings: dict[str, str]
    environment: dict[str, str]
    created: str
    examples: tuple[tuple[str, np.ndarray], ...] = ()
    insides: Insides | None = None
    proof: dict[str, Any] | None = None
    confidence: Confidence | None = None
    fitting: FittingFigures | None = None
    plane: FeaturePlane | None = None
    comparison: BaselineComparison | None = None


def report_json(report: Report) -> dict[str, Any]:
    """Return the report as plain values that any JSON reader takes: no NaN, no Infinity, no arrays.

    A figure that is no finite number becomes None.
    """
    test = report.scores.as_json() | {"readings": report.test_readings}
    document = {
        "title": report.title,
        "created": report.created,
        "model": report.model,
        "parameters": report.parameters,
        "classes": report.classes,
        "split": report.split,
        "test": test,
        "training": report.training and asdict(report.training),
        "history": report.history and asdict(report.history),
        "fitting": report.fitting and asdict(report.fitting),
        "verdict": report.verdict and asdict(report.verdict),
        "comparison": report.comparison and report.comparison.as_json(),
        "plane": plane_json(report.plane) if report.plane else None,
        "findings": [finding.as_json() for finding in report.findings],
        "mistakes": [_card_json(card) for card in report.mistakes],
        "uncertain": [_card_json(card) for card in report.uncertain],
        "proof": report.proof,
        "confidence": report.confidence and report.confidence.as_json(),
        "preprocess": report.preprocess,
        "settings": report.settings,
        "environment": report.environment,
        "layers": insides_json(report.insides) if report.insides else None,
    }
    plain: dict[str, Any] = _plain(document)
    return plain


def report_html(report: Report) -> str:
    """Return the report as one HTML page that asks for nothing outside itself.

    Names and paths are strangers' words: they are escaped, shortened where they are shown, and can't
    turn the direction of the text around them. Bytes of a file name that are no text appear as their
    codes, so the page can always be written as UTF-8.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"percent": percent, "interval": interval_words, "brief": brief}
    environment.filters |= {"uri": picture_uri, "small": is_small, "duration": duration}
    environment.filters |= {"filters_uri": filters_uri}
    page = environment.from_string(_resource("report.html.jinja"))
    style = Markup(_resource("report.css"))  # noqa: S704, our own file
    drawings = [Markup(drawing) for drawing in _drawings(report)]  # noqa: S704, holds no user's text
    inside = [Markup(drawing) for drawing in inside_drawings(report.insides)]  # noqa: S704, matplotlib escapes names
    plane = Markup(plane_svg(report.plane)) if report.plane else ""  # noqa: S704, holds no user's text
    html = page.render(report=report, style=style, drawings=drawings, inside=inside, plane=plane, **_derived(report))
    return html.encode("utf-8", "backslashreplace").decode("utf-8")


def _resource(name: str) -> str:
    return files("sightline.evaluation").joinpath(name).read_text(encoding="utf-8")


def _derived(report: Report) -> dict[str, Any]:
    """Return what the page shows beyond the report's own fields."""
    scores, numbered = report.scores, len(report.classes) <= MOST_NUMBERED_CLASSES
    return {
        "sentences": result_sentences(scores, unseen=report.split is not None),
        "bars": bars(scores),
        "compared": _compared(report.comparison, scores) if report.comparison else (),
        "figures": key_figures(scores),
        "findings": gravest_first(report.findings),
        "answers": scores.confusion.sum(axis=0).tolist(),
        "rows": list(enumerate(scores.per_class)),
        "worst_recall": _worst_recall(scores),
        "weakest": () if numbered else _weakest(scores),
        "cells": heat_cells(scores.confusion) if numbered else None,
        "heat": None if numbered else heat_picture(scores.confusion),
        "pairs": most_confused(scores.confusion, report.classes, MOST_PAIRS),
        "troubles": troubles(report.insides) if report.insides else (),
        "fitting_words": fitting_words(report.fitting) if report.fitting else "",
        "plane_words": plane_words(report.plane) if report.plane else (),
        "signs": signs(report.plane) if report.plane else (),
        "wrong": scores.count - int(scores.confusion.trace()),
    }


def _worst_recall(scores: Scores) -> float | None:
    """Return the lowest recall of the classes that occur; None when all are perfect."""
    lowest = min(entry.recall for entry in scores.per_class if entry.support)
    return lowest if lowest < 1 else None


def _weakest(scores: Scores) -> list[tuple[int, ClassScores]]:
    present = [(index, entry) for index, entry in enumerate(scores.per_class) if entry.support]
    return sorted(present, key=lambda pair: pair[1].recall)[:MOST_NUMBERED_CLASSES]


def _compared(against: BaselineComparison, scores: Scores) -> tuple[Bar, Bar]:
    """Return the two accuracies as bars."""
    compared, largest = against.comparison, "always the largest class in training"
    network, simple = (
        (compared.network_accuracy, compared.network_interval),
        (compared.baseline_accuracy, compared.baseline_interval),
    )
    return (
        Bar("The network:", *network, scores.baseline_accuracy, largest),
        Bar(f"{against.name}:", *simple, scores.baseline_accuracy, largest),
    )


def _drawings(report: Report) -> list[str]:
    if report.fitting:
        return [drawn] if (drawn := fitting_svg(report.fitting)) else []
    history = report.history
    if history is None or not history.training_loss:
        return []
    best_epoch = report.training.best_epoch if report.training else None
    return [
        curves_svg(
            name="Loss",
            training=history.training_loss,
            validation=history.validation_loss,
            best_epoch=best_epoch,
            prefix="loss",
        ),
        curves_svg(
            name="Accuracy",
            training=history.training_accuracy,
            validation=history.validation_accuracy,
            best_epoch=best_epoch,
            prefix="accuracy",
        ),
    ]


def inside_drawings(insides: Insides | None) -> list[str]:
    """Return the drawings of the layers after the training, and of the shares over it."""
    if insides is None:
        return []
    shares = [shares_svg(insides, what, prefix=f"inside-{what}") for what in ("dead", "saturated")]
    ridges = [ridges_svg(insides, what, prefix=f"inside-{what}") for what in ("weights", "gradients", "outputs")]
    return [drawing for drawing in (*ridges, *shares) if drawing]


def _card_json(card: PictureCard) -> dict[str, Any]:
    return {name: value for name, value in vars(card).items() if name != "pixels"}


def _plain(value: Any) -> Any:
    """Return a value with JSON's own types alone, numbers that are not finite as None."""
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | None) else str(value)
