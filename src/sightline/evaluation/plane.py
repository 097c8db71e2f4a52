"""The plane of two features: where the pictures lie, and how often a classifier errs on them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.core.intervals import Interval, wilson_interval
from sightline.core.percent import SPACE, percent
from sightline.evaluation.words import interval_words, pictures

MOST_POINTS = 1000
"""Of each part; more would hide each other and make the page heavy."""

Floats = NDArray[np.float64]
Span = tuple[float, float]


@dataclass(frozen=True, eq=False, kw_only=True)
class FeaturePlane:
    """A classifier of two features, and the pictures that it was fitted and tested on.

    Args:
        features: (n, 2) of the training pictures: across and up.
        labels: (n,) indices of their classes.
        test_features: (m, 2) of the test pictures.
        test_labels: (m,) indices of their classes.
        classes: The names of all C classes.
        answers: (rows, columns) the class that is answered at each place of an even grid; the first row is
            the lowest ``y_span`` and the first column the lowest ``x_span``.
        x_span: Where the grid begins and ends across.
        y_span: Where it begins and ends upwards.
        axis_names: What the two features are; no user's text.
        training_error: The share of training pictures that are named wrongly, 0 to 1.
        test_error: The share of test pictures that are, 0 to 1.
        axis_colours: (K, 3) uint8, the colours that the features 0 to K - 1 number; None for other features.
    """

    features: Floats
    labels: NDArray[np.int64]
    test_features: Floats
    test_labels: NDArray[np.int64]
    classes: tuple[str, ...]
    answers: NDArray[np.int64]
    x_span: Span
    y_span: Span
    axis_names: tuple[str, str]
    training_error: float
    test_error: float
    axis_colours: NDArray[np.uint8] | None = None


def plane_words(plane: FeaturePlane) -> tuple[str, ...]:
    """Return the two errors with their intervals, what they say, and what the drawing leaves out."""
    training, test = len(plane.labels), len(plane.test_labels)
    low, high = _interval(plane.test_error, test)
    sentences = [
        f"{_error('Training', plane.training_error, training)} {_error('Test', plane.test_error, test)}",
        _gap(plane.training_error, low, high),
    ]
    if max(training, test) > MOST_POINTS:
        sentences.append(f"At most {MOST_POINTS:,} pictures of each part are drawn, taken by chance.")
    features = np.concatenate([plane.features, plane.test_features])
    if len(np.unique(features, axis=0)) < len(features):
        sentences.append("Pictures with the same two features are drawn a little apart.")
    outside = int((~_within(features, plane)).sum())
    if outside:
        sentences.append(f"Beyond the drawing: {pictures(outside)}.")
    return tuple(sentences)


def plane_json(plane: FeaturePlane) -> dict[str, Any]:
    """Return the errors with their intervals; the drawing alone shows the rest."""
    return {
        "features": plane.axis_names,
        "training_error": plane.training_error,
        "training_error_interval": _interval(plane.training_error, len(plane.labels)),
        "test_error": plane.test_error,
        "test_error_interval": _interval(plane.test_error, len(plane.test_labels)),
    }


def _error(part: str, share: float, count: int) -> str:
    interval = interval_words(_interval(share, count))
    return f"{part} error: {percent(share)} of {pictures(count)} (95{SPACE}% interval {interval})."


def _gap(training_error: float, low: float, high: float) -> str:
    """Say whether the training error lies within the test error's interval."""
    if training_error < low:
        return "On pictures it never saw it errs clearly more often: some of what it learnt it knows by heart."
    if training_error > high:
        return "On pictures it never saw it errs clearly less often: the test pictures are easier ones."
    return "The two do not clearly differ: nothing shows that it learnt by heart."


def _within(features: Floats, plane: FeaturePlane) -> NDArray[np.bool_]:
    low, high = np.transpose([plane.x_span, plane.y_span])
    within: NDArray[np.bool_] = ((features >= low) & (features <= high)).all(axis=1)
    return within


def _interval(share: float, count: int) -> Interval:
    return wilson_interval(round(share * count), count)
