"""How long one thread takes for a picture."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

SHORT_WORK, SHORT_WAIT = 0.00012, 0.0005
"""Seconds of a processor, and seconds, below which one thread reads pictures faster than several. Python lets one of
them at a time begin and end its work on a picture, and to wake another takes longer than that work: 60,000 JPEG files
of 32 x 32 took one thread 4.6 s and two threads 7.0 s."""
LEAST_JUDGED, MOST_JUDGED = 3, 9
"""Looks at the clock, of which the last ones are judged, by their median."""


class Pace:
    """What the last few looks at the clock say of one thread."""

    def __init__(self) -> None:
        self._work, self._wait = deque[float](maxlen=MOST_JUDGED), deque[float](maxlen=MOST_JUDGED)

    @property
    def is_unknown(self) -> bool:
        """Whether there were too few looks to judge."""
        return len(self._work) < LEAST_JUDGED

    @property
    def is_short(self) -> bool:
        """Whether one thread reads such pictures faster than several."""
        return not self.is_unknown and median(self._work) < SHORT_WORK and median(self._wait) < SHORT_WAIT

    @contextmanager
    def of(self, rows: range) -> Iterator[None]:
        """Time the work on some rows."""
        began, worked = time.perf_counter(), time.thread_time()
        yield
        self._work.append((time.thread_time() - worked) / len(rows))
        self._wait.append((time.perf_counter() - began) / len(rows))
