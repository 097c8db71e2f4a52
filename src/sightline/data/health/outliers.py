"""Values far from the others: by the median, and by a deviation from it that a few wild values cannot move."""

from typing import Any

import numpy as np
import numpy.typing as npt

BOUND = 3.5
"""Deviations from the median, beyond which a value is an outlier."""
NORMAL_MAD = 0.6745
"""The median absolute deviation of a normal distribution, in standard deviations."""


def middle_and_deviation(values: npt.NDArray[np.floating[Any]]) -> tuple[float, float]:
    """Return the median of some values, and how far they deviate from it, in standard deviations of a normal one.

    Reference:
        Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (1993), for the modified z-score and its bound.
    """
    middle = float(np.median(values))
    return middle, float(np.median(np.abs(values - middle))) / NORMAL_MAD
