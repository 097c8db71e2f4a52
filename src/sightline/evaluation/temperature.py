"""One factor on the logits, so that the model is as often right as it is sure.

A network that is trained until its training pictures are right is surer than it should be.
"""

from collections.abc import Callable
from math import exp, log, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.evaluation.scores import checked

FACTORS = (1e-4, 1e4)
"""For the logits of a network, and for scores of any scale, such as squared distances."""
LOG_PRECISION = 1e-5
GOLDEN = (sqrt(5) - 1) / 2


def fitted_temperature(logits: ArrayLike, labels: ArrayLike) -> float:
    """Return the factor on the logits, one over the temperature, with the smallest mean loss.

    Where all N answers are right, the plain loss falls for ever as the factor grows. So the target is 1 only
    up to 1/(N + 2), which the other classes share: what N right answers of N let one expect of the next
    picture (Laplace's rule of succession, Platt's targets). For many pictures this changes nothing.

    Args:
        logits: (N, C), finite and of any scale.
        labels: (N,) whole numbers in 0 to C - 1.

    Returns:
        The factor, within 0.0001 and 10,000; 1 where the logits tell no class from another.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.

    Reference:
        C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural Networks", ICML 2017.
        https://arxiv.org/abs/1706.04599
        J. Platt, "Probabilistic Outputs for Support Vector Machines", 1999, section 2.2: the targets.

    Example:
        >>> round(fitted_temperature([[5.0, 0.0]] * 10, [0] * 10), 3)  # ten of ten: 11 to 1, and log 11 = 2.4
        0.48
    """
    table = np.asarray(logits, np.float64)
    if not np.isfinite(table).all():
        raise ValueError("logits must be finite")
    truth, _ = checked(labels, softmax(table))
    if not np.ptp(table, axis=1).any():
        return 1.0
    table = table - table.max(axis=1, keepdims=True)
    doubt = 1 / (len(table) + 2)
    own = table[np.arange(len(table)), truth]
    others = (table.sum(axis=1) - own) / (table.shape[1] - 1)
    wanted = float(((1 - doubt) * own + doubt * others).mean())

    def loss(log_factor: float) -> float:
        factor = exp(log_factor)
        return float(np.log(np.exp(factor * table).sum(axis=1)).mean()) - factor * wanted

    return exp(_lowest(loss, log(FACTORS[0]), log(FACTORS[1])))


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N, C) probabilities, each row summing to one, of (N, C) logits."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True, initial=-np.inf))
    shares: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _lowest(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function that first falls and then rises is lowest, by golden section search.

    Reference:
        J. Kiefer, "Sequential minimax search for a maximum", Proceedings of the American Mathematical
        Society 4, 1953. https://doi.org/10.1090/S0002-9939-1953-0055639-3
    """
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    while high - low > LOG_PRECISION:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = function(right)
    return (low + high) / 2
