"""Parts by time: the latest units are for testing, those before them for validation."""

from collections.abc import Iterator, Sequence

import numpy as np

from sightline.data.times.reading import Times


def parts_by_time(bound: Sequence[list[int]], times: Times, missing: dict[str, float]) -> Iterator[tuple[str, int]]:
    """Yield (part, row) for the units that are late enough; the others stay where they are.

    A unit is as late as its latest picture. Units that follow each other within `Times.gap` are a series and are not
    divided. A part gets at least one series, as long as more pictures are left than are in it. Units of which no time
    is known are never held back.

    Args:
        bound: Units of rows that must stay together.
        times: When each was taken.
        missing: The parts that are to be made, from the earliest to the latest, and their shares of the rows.
    """
    left = total = sum(len(unit) for unit in bound)
    part_of = list(reversed(missing))  # the latest part first
    wanted = [missing[part] * total for part in part_of]
    taken, place = 0, 0
    for rows in reversed(series(bound, times)):
        while place < len(part_of) and taken + len(rows) / 2 > wanted[place] and (taken or 2 * len(rows) > left):
            taken, place = 0, place + 1
        if place == len(part_of):
            return
        taken += len(rows)
        left -= len(rows)
        for row in rows:
            yield part_of[place], row


def series(bound: Sequence[list[int]], times: Times) -> list[list[int]]:
    """Return the rows of units with a time in series, the earliest first.

    Args:
        bound: Units of rows that must stay together.
        times: When each was taken.
    """
    latest = [(float(np.nanmax(times.values[unit])), unit) for unit in bound if times.known[unit].any()]
    found, before = list[list[int]](), -np.inf
    for time, unit in sorted(latest, key=lambda pair: (pair[0], pair[1])):
        if found and time - before <= times.gap:
            found[-1] += unit
        else:
            found.append(list(unit))
        before = time
    return found
