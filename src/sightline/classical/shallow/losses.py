"""The losses of linear classifiers, with their slopes by the scores.

Each function takes scores (n, C) float32 and labels (n,), and returns losses (n,) and slopes (n, C).
"""

import numpy as np

from sightline.classical.features import Floats, Labels

HALF_WIDTH = np.float32(0.02)
"""The hinge is rounded off where a score lies within this distance of the margin; it is too high by a quarter
of that at most."""


def squared_hinge(scores: Floats, labels: Labels) -> tuple[Floats, Floats]:
    """Return ``sum_c max(0, 1 - y_c s_c)^2``, where y_c is 1 for the picture's class and -1 for others.

    Reference:
        Fan et al., "LIBLINEAR: a library for large linear classification" (2008).
        https://www.jmlr.org/papers/v9/fan08a.html
    """
    signs = 2 * _ones(scores, labels) - 1
    lacking = np.maximum(1 - signs * scores, 0)
    return np.square(lacking).sum(axis=1), -2 * signs * lacking


def hinge(scores: Floats, labels: Labels) -> tuple[Floats, Floats]:
    """Return ``sum_c max(0, 1 - y_c s_c)``, with its kink rounded off.

    Reference:
        Cortes and Vapnik, "Support-vector networks" (1995); the rounding: Chapelle, "Training a support
        vector machine in the primal" (2007). https://doi.org/10.1162/neco.2007.19.5.1155
    """
    signs = 2 * _ones(scores, labels) - 1
    losses, slopes = _rounded(1 - signs * scores)
    return losses.sum(axis=1), -signs * slopes


def multiclass_hinge(scores: Floats, labels: Labels) -> tuple[Floats, Floats]:
    """Return ``sum_(c != y) max(0, 1 - (s_y - s_c))`` for a picture of class y, with its kink rounded off.

    Reference:
        Weston and Watkins, "Support vector machines for multi-class pattern recognition" (1999).
        https://www.esann.org/sites/default/files/proceedings/legacy/es1999-461.pdf
    """
    own = _ones(scores, labels)
    losses, slopes = _rounded(1 + scores - scores[np.arange(len(labels)), labels][:, None])
    losses, slopes = losses * (1 - own), slopes * (1 - own)
    return losses.sum(axis=1), slopes - own * slopes.sum(axis=1, keepdims=True)


def logistic(scores: Floats, labels: Labels) -> tuple[Floats, Floats]:
    """Return the softmax cross-entropy, ``-log softmax(s)_y`` for a picture of class y.

    Reference:
        Bishop, "Pattern Recognition and Machine Learning" (2006), equations 4.108 and 4.109.
    """
    shifted = scores - scores.max(axis=1, keepdims=True)
    shares = np.exp(shifted)
    sums = shares.sum(axis=1, keepdims=True)
    losses = np.log(sums[:, 0]) - shifted[np.arange(len(labels)), labels]
    return losses, shares / sums - _ones(scores, labels)


def _ones(scores: Floats, labels: Labels) -> Floats:
    """Return (n, C) float32: 1 for each picture's class, else 0."""
    return np.asarray(labels[:, None] == np.arange(scores.shape[1]), dtype=np.float32)


def _rounded(lacking: Floats) -> tuple[Floats, Floats]:
    """Return ``max(0, lacking)`` and its slope, with a parabola in place of the kink."""
    near = np.clip(lacking + HALF_WIDTH, 0, 2 * HALF_WIDTH)
    return np.square(near) / (4 * HALF_WIDTH) + np.maximum(lacking - HALF_WIDTH, 0), near / (2 * HALF_WIDTH)
