"""Parts by time: the latest units are for testing, those before them for validation."""

from collections.abc import Iterator, Sequence

import numpy as np

from sightline.data.times.reading import Times

SERIES_SECONDS = 10.0
"""Pictures that follow each other so soon show the same scene; they stay in one part."""


def parts_by_time(bound: Sequence[list[int]], times: Times, missing: dict[str, float]) -> Iterator[tuple[str, int]]:
    """Yield (part, row) for the units that are late enough; the others stay where they are.

    A unit is as late as its latest picture. Units that follow each other within 10 seconds are a series and are not
    divided. Units of which no time is known are never held back.

    Args:
        bound: Units of rows that must stay together.
        times: (N,) seconds, NaN where unknown.
        missing: The parts that are to be made, from the earliest to the latest, and their shares of the rows.
    """
    series = _series(bound, times)
    total = sum(len(unit) for unit in bound)
    part_of = list(reversed(missing))  # the latest part first
    wanted = [missing[part] * total for part in part_of]
    taken, place = 0, 0
    for rows in reversed(series):
        while place < len(part_of) and taken + len(rows) / 2 > wanted[place]:
            taken, place = 0, place + 1
        if place == len(part_of):
            return
        taken += len(rows)
        for row in rows:
            yield part_of[place], row


def _series(bound: Sequence[list[int]], times: Times) -> list[list[int]]:
    """Return the rows of units with a time in series, the earliest first."""
    latest = [(float(np.nanmax(times[unit])), unit) for unit in bound if np.isfinite(times[unit]).any()]
    series, before = list[list[int]](), -np.inf
    for time, unit in sorted(latest, key=lambda pair: (pair[0], pair[1])):
        if series and time - before <= SERIES_SECONDS:
            series[-1] += unit
        else:
            series.append(list(unit))
        before = time
    return series
