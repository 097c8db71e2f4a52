"""Ways that are compared take turns, so that whatever else the machine does meets all of them."""

import time
from statistics import median
from typing import NamedTuple


class Spread(NamedTuple):
    """The median of some measurements, and the least and the most of them."""

    median: float
    least: float
    most: float


def in_turns(ways, turns):
    """Call each way once a turn, and return what it gave: for each name, a list of one value a turn.

    Example:
        >>> in_turns({"a": lambda: 1, "b": lambda: 2}, 3)
        {'a': [1, 1, 1], 'b': [2, 2, 2]}
    """
    values = {name: [] for name in ways}
    for _ in range(turns):
        for name, way in ways.items():
            values[name].append(way())
    return values


def spread(values):
    """Return the median of numbers with the least and the most.

    Example:
        >>> spread([3, 1, 2])
        Spread(median=2, least=1, most=3)
    """
    return Spread(median(values), min(values), max(values))


def medians(rows):
    """Return the median of each column of rows that have the same length.

    Example:
        >>> medians([(1, 10), (2, 30), (9, 20)])
        [2, 20]
    """
    return [median(column) for column in zip(*rows, strict=True)]


def wall_and_cpu(action):
    """Return the seconds that an action takes by the clock, and those of this process on all cores."""
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - wall, time.process_time() - cpu


def seconds_of(action):
    """Return the seconds that an action takes by the clock."""
    return wall_and_cpu(action)[0]


def rate_of(action, count, *, seconds):
    """Repeat an action for some seconds, after one time that warms up; return the rate of what it does.

    Args:
        action: Does `count` things.
        count: At least 1.
        seconds: The action is repeated until they are over.
    """
    action()
    started, done = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        action()
        done += count
    return done / (time.perf_counter() - started)
