"""Heads on features, one a fold: what a picture is by the one that had not seen it."""

import numpy as np
from numpy.typing import NDArray

from sightline.evaluation.temperature import fitted_temperature, softmax

LANDMARKS = 2_000
"""Pictures that all are compared with, so that the work grows with their number, not with its square."""
SHARPNESS = 2.0
"""Of the kernel exp(s (cosine - 1)) between standardised features."""
PENALTY = 1.0
LEAST = 1e-6

Floats = NDArray[np.float32]


def fold_answers(
    features: Floats, labels: NDArray[np.int64], folds: NDArray[np.int64], *, classes: int
) -> NDArray[np.float64]:
    """Return calibrated probabilities, (N, C), by kernel ridge regression that is fitted without each fold.

    A kernel is smoother than a linear head, which makes more mistakes of its own where there are few pictures.

    Args:
        features: (N, F).
        labels: (N,) whole numbers in 0 to C - 1.
        folds: (N,) the fold of each picture; where there is one alone, nothing is known of any picture.
        classes: C, how many there are.

    Reference:
        C. Williams, M. Seeger, "Using the Nyström Method to Speed Up Kernel Machines", NeurIPS 2000.
        https://papers.nips.cc/paper/1866
        C. Saunders, A. Gammerman, V. Vovk, "Ridge Regression Learning Algorithm in Dual Variables", ICML 1998.
        https://eprints.soton.ac.uk/258942/
    """
    described = _described(features)  # (N, m)
    targets = np.eye(classes, dtype=np.float32)[labels]
    whole, scores = described.T @ described, np.zeros((len(labels), classes), dtype=np.float32)
    for fold in np.unique(folds):
        own = folds == fold
        mean = targets[~own].mean(axis=0) if not own.all() else np.full(classes, 1 / classes, np.float32)
        gram = whole - described[own].T @ described[own] + PENALTY * np.eye(len(whole), dtype=np.float32)
        weights = np.linalg.solve(gram, described[~own].T @ (targets[~own] - mean))
        scores[own] = described[own] @ weights + mean
    return softmax(fitted_temperature(scores, labels) * scores.astype(np.float64))


def _described(features: Floats) -> Floats:
    """Return each picture by its likeness to the landmarks, (N, m), such that a dot product is about the kernel."""
    deviations = features.std(axis=0)
    values = (features - features.mean(axis=0)) / np.where(deviations > 0, deviations, 1)
    values /= np.maximum(np.linalg.norm(values, axis=1, keepdims=True), LEAST)
    landmarks = np.sort(np.random.default_rng(0).permutation(len(values))[:LANDMARKS])
    likeness = np.exp(SHARPNESS * (values @ values[landmarks].T - 1))  # (N, m)
    spread, directions = np.linalg.eigh(likeness[landmarks])
    kept = spread > LEAST * spread[-1]
    described: Floats = (likeness @ (directions[:, kept] / np.sqrt(spread[kept]))).astype(np.float32)
    return described
