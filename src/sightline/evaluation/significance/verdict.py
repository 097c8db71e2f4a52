"""What an interval of a difference says of the first of two: the one rule of every comparison."""

from typing import Literal

from sightline.core.intervals import Interval

LEVEL = 0.05
"""Two that are alike are told apart in so many of all cases."""
Kind = Literal["better", "worse", "alike"]


def kind_of(interval: Interval) -> Kind:
    """Return whether the first is better or worse; ``"alike"`` if the interval holds zero.

    Example:
        >>> kind_of((0.01, 0.2)), kind_of((-0.1, 0.2))
        ('better', 'alike')
    """
    low, high = interval
    if low <= 0 <= high:
        return "alike"
    return "better" if low > 0 else "worse"
