"""A linear head on features, for scripts that fit many: softmax regression by gradient descent, in numpy."""

import numpy as np

from sightline.evaluation.temperature import softmax

EPOCHS, MOMENTUM, PENALTY = 60, 0.9, 1e-2
STEP = 0.5
"""Of the smoothest direction; see `step_of`."""


def head_logits(known, labels, asked, classes):
    """Return the logits, (m, classes), of pictures that are asked about, by a head fitted to others.

    Args:
        known: (n, F) features of what is learnt from.
        labels: (n,) of these.
        asked: (m, F) features.
    """
    mean, deviation = known.mean(axis=0), known.std(axis=0)
    scale = np.where(deviation > 0, 1 / np.where(deviation > 0, deviation, 1), 0)
    values = ((known - mean) * scale).astype(np.float32)
    targets = np.eye(classes, dtype=np.float32)[labels]
    weights, speed = (np.zeros((values.shape[1], classes), np.float32) for _ in range(2))
    offset = np.log(np.maximum(targets.mean(axis=0), 1 / (len(labels) + classes))).astype(np.float32)
    step = step_of(values)
    for _ in range(EPOCHS):
        errors = softmax(values @ weights + offset) - targets
        slope = values.T @ errors / np.float32(len(labels)) + np.float32(PENALTY) * weights
        speed = np.float32(MOMENTUM) * speed - np.float32(step) * slope
        weights = weights + speed
    return (((asked - mean) * scale) @ weights + offset).astype(np.float64)


def step_of(values):
    """Return a step that no direction makes too long: the largest curvature is at most half the largest variance."""
    direction = np.ones(values.shape[1], np.float32)
    for _ in range(10):  # power iteration
        direction = values.T @ (values @ direction)
        direction /= max(float(np.linalg.norm(direction)), 1e-12)
    largest = float(np.linalg.norm(values @ direction)) ** 2 / len(values)
    return STEP / max(largest / 2 + PENALTY, 1e-12)
