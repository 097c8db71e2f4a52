"""The plane of two features, with what the classifier makes of every place in it."""

import numpy as np
import torch

from sightline.classical.building import SideBySide
from sightline.classical.parts import Floats
from sightline.data.catalog import TRAIN, Rows
from sightline.evaluation.plane import FeaturePlane
from sightline.line.answers import Answers
from sightline.line.learnt import Learnt
from sightline.line.prepared import Prepared

DIMENSIONS = 2
GRID = 200
"""Places a side at which the classifier is asked."""
MARGIN = 0.05
PALETTED = "top-colours"


def plane_of(learnt: Learnt, prepared: Prepared, answers: Answers) -> FeaturePlane | None:
    """Return the feature space of a pipeline with two features; None for any other.

    Args:
        learnt: The fitted pipeline.
        prepared: The pictures.
        answers: What its model file said of the test part.
    """
    features: SideBySide = learnt.model.get_submodule("features")  # type: ignore[assignment]
    if features.length != DIMENSIONS:
        return None
    labels, rows = prepared.catalog.labels, prepared.split.rows(TRAIN)
    training, test = (_features(features, prepared, chosen) for chosen in (rows, answers.rows))
    spans = [_span(column) for column in training.T]
    told = learnt.logits(prepared.pixels, rows).argmax(axis=1)
    palette = getattr(features[0].descriptor, "palette", None)
    return FeaturePlane(
        features=training.astype(np.float64),
        labels=labels[rows],
        test_features=test.astype(np.float64),
        test_labels=answers.truth,
        classes=answers.classes,
        answers=_partition(learnt, *spans),
        x_span=spans[0],
        y_span=spans[1],
        axis_names=("most frequent colour", "second most frequent colour")
        if palette is not None
        else ("first feature", "second feature"),
        training_error=float((told != labels[rows]).mean()),
        test_error=float((answers.probabilities.argmax(axis=1) != answers.truth).mean()),
        axis_colours=palette,
    )


def _features(features: SideBySide, prepared: Prepared, rows: Rows) -> Floats:
    with torch.inference_mode():
        parts = [
            features(torch.from_numpy(prepared.pixels[rows[start : start + features.batch]])).numpy()
            for start in range(0, len(rows), features.batch)
        ]
    return np.concatenate(parts)


def _span(column: Floats) -> tuple[float, float]:
    low, high = float(column.min()), float(column.max())
    room = MARGIN * (high - low) or 1.0
    return low - room, high + room


def _partition(learnt: Learnt, across: tuple[float, float], upwards: tuple[float, float]) -> Rows:
    """Return the class at each place of an even grid, (GRID, GRID), the lowest row first."""
    x, y = np.meshgrid(np.linspace(*across, GRID), np.linspace(*upwards, GRID))
    places = torch.from_numpy(np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32))
    with torch.inference_mode():
        scores = learnt.model.get_submodule("scores")(learnt.model.get_submodule("standardise")(places))
    answers: Rows = scores.argmax(dim=1).numpy().reshape(GRID, GRID)
    return answers
