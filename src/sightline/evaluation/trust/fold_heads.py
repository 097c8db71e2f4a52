"""Heads on features, one a fold: what a picture is by those that had not seen it, and how well others learnt it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sightline.evaluation.temperature import fitted_temperature, softmax

EPOCHS = 60
MOMENTUM = 0.9
PENALTY = 1e-2
STEP = 0.5
"""Of the smoothest direction; see `_step`."""

Floats = NDArray[np.float64]


class FoldAnswers(NamedTuple):
    """What heads of folds say of pictures.

    Args:
        probabilities: (N, C), calibrated, each by the head that had not seen the picture.
        margins: (N,) how far the label was ahead of the next class while the other heads learnt it, on average over
            their epochs: low where a label contradicts the pictures like it.
    """

    probabilities: Floats
    margins: Floats


def fold_answers(
    features: NDArray[np.float32], labels: NDArray[np.int64], folds: NDArray[np.int64], *, classes: int
) -> FoldAnswers:
    """Fit a softmax regression without each fold and ask it about the fold.

    Args:
        features: (N, F).
        labels: (N,) whole numbers in 0 to C - 1.
        folds: (N,) the fold of each picture.
        classes: C, how many there are.

    Reference:
        G. Pleiss, T. Zhang, E. Elenberg, K. Q. Weinberger, "Identifying Mislabeled Data using the Area Under the Margin
        Ranking", NeurIPS 2020. https://arxiv.org/abs/2001.10528
    """
    logits, margins = np.zeros((len(labels), classes)), np.zeros(len(labels))
    numbers = np.unique(folds)
    for fold in numbers:
        asked = folds == fold
        logits[asked], learnt = head_answers(features[~asked], labels[~asked], features[asked], classes)
        margins[~asked] += learnt / (len(numbers) - 1)
    return FoldAnswers(softmax(fitted_temperature(logits, labels) * logits), margins)


def head_answers(
    known: NDArray[np.float32], labels: NDArray[np.int64], asked: NDArray[np.float32], classes: int
) -> tuple[Floats, Floats]:
    """Return the logits of the pictures that are asked about, and the mean margins of those that are learnt from."""
    mean, deviation = known.mean(axis=0), known.std(axis=0)
    scale = np.where(deviation > 0, 1 / np.where(deviation > 0, deviation, 1), 0)
    values = ((known - mean) * scale).astype(np.float32)
    targets, rows = np.eye(classes, dtype=np.float32)[labels], np.arange(len(labels))
    weights, speed = (np.zeros((values.shape[1], classes), np.float32) for _ in range(2))
    offset = np.log(np.maximum(targets.mean(axis=0), 1 / (len(labels) + classes))).astype(np.float32)
    margins, step = np.zeros(len(labels)), _step(values)
    for _ in range(EPOCHS):
        logits = values @ weights + offset
        own, others = logits[rows, labels], logits.copy()
        others[rows, labels] = -np.inf
        margins += (own - others.max(axis=1)) / EPOCHS
        slope = values.T @ (softmax(logits) - targets) / np.float32(len(labels)) + np.float32(PENALTY) * weights
        speed = np.float32(MOMENTUM) * speed - np.float32(step) * slope
        weights = weights + speed
    logits = ((asked - mean) * scale) @ weights + offset
    return logits.astype(np.float64), margins


def _step(values: NDArray[np.float32]) -> float:
    """Return a step that no direction makes too long: the largest curvature is at most half the largest variance."""
    direction = np.ones(values.shape[1], np.float32)
    for _ in range(10):  # power iteration
        direction = values.T @ (values @ direction)
        direction /= max(float(np.linalg.norm(direction)), 1e-12)
    largest = float(np.linalg.norm(values @ direction)) ** 2 / len(values)
    return STEP / max(largest / 2 + PENALTY, 1e-12)
