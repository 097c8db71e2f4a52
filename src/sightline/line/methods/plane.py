"""The plane of two features, with what a pipeline makes of every place in it."""

import numpy as np
import torch
from torch import nn

from sightline.classical.building import SideBySide
from sightline.classical.parts import Floats
from sightline.core.pieces import pieces
from sightline.data.catalog import Rows
from sightline.evaluation.plane import FeaturePlane, Span
from sightline.imaging.photo import Pixels
from sightline.line.answers import Answers

DIMENSIONS = 2
GRID = 200
"""Places a side at which the classifier is asked."""
PLACES_AT_A_TIME = 4096
MARGIN = 0.05
COLOURS = ("most frequent colour", "second most frequent colour")
FEATURES = ("first feature", "second feature")


def plane_of(
    pipeline: nn.Module, pixels: Pixels, *, training: Rows, labels: Rows, answers: Answers
) -> FeaturePlane | None:
    """Return the feature space of a pipeline with two features; None for any other.

    Args:
        pipeline: Fitted, with submodules ``features``, ``standardise`` and ``scores``.
        pixels: (N, H, W, C) uint8, all rows of the catalog.
        training: (n,) the rows that it was fitted to.
        labels: (N,) indices of classes.
        answers: Of the model file to the test part.
    """
    features: SideBySide = pipeline.get_submodule("features")  # type: ignore[assignment]
    if features.length != DIMENSIONS:
        return None
    ours, others = (_described(features, pixels, rows) for rows in (training, answers.rows))
    spans = [_span(column) for column in ours.T]
    palette = getattr(features[0].descriptor, "palette", None)
    return FeaturePlane(
        features=ours.astype(np.float64),
        labels=labels[training],
        test_features=others.astype(np.float64),
        test_labels=answers.truth,
        classes=answers.classes,
        answers=_predicted(pipeline, _grid(*spans)).reshape(GRID, GRID),
        x_span=spans[0],
        y_span=spans[1],
        axis_names=FEATURES if palette is None else COLOURS,
        training_error=float((_predicted(pipeline, ours) != labels[training]).mean()),
        test_error=float((answers.probabilities.argmax(axis=1) != answers.truth).mean()),
        axis_colours=palette,
    )


def _described(features: SideBySide, pixels: Pixels, rows: Rows) -> Floats:
    with torch.inference_mode():
        parts = [features(torch.from_numpy(pixels[rows[piece]])).numpy() for piece in pieces(len(rows), features.batch)]
    return np.concatenate(parts)


def _span(column: Floats) -> Span:
    low, high = float(column.min()), float(column.max())
    room = MARGIN * (high - low) or 1.0
    return low - room, high + room


def _grid(across: Span, upwards: Span) -> Floats:
    """Return the places of an even grid, (GRID * GRID, 2), the lowest row first."""
    x, y = np.meshgrid(np.linspace(*across, GRID), np.linspace(*upwards, GRID))
    return np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)


def _predicted(pipeline: nn.Module, features: Floats) -> Rows:
    """Return the class that the pipeline gives to features (n, 2)."""
    standardise, scores = pipeline.get_submodule("standardise"), pipeline.get_submodule("scores")
    with torch.inference_mode():
        parts = [
            scores(standardise(torch.from_numpy(features[piece]))).argmax(dim=1).numpy()
            for piece in pieces(len(features), PLACES_AT_A_TIME)
        ]
    return np.concatenate(parts)
