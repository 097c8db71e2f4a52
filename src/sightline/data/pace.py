"""How a look at many pictures goes on: what is left of it, and how long a picture takes."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from threading import Lock

SHORT_WORK, SHORT_WAIT = 0.00012, 0.0005
"""Seconds of a processor, and seconds, below which one thread reads pictures faster than several. Python lets one of
them at a time begin and end its work on a picture, and to wake another takes longer than that work: 60,000 JPEG files
of 32 x 32 took one thread 4.6 s and two threads 7.0 s."""
LEAST_JUDGED, MOST_JUDGED = 3, 9
"""Looks at the clock, of which the last ones are judged, by their median."""


class Remaining:
    """The rows that are left, and how many are done since one asked; safe to use from several threads.

    Args:
        count: How many there are.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.decoding_seconds = 0.0
        self._total, self._news, self._lock = count, 0, Lock()

    def take(self, most: int) -> range:
        """Return the next rows, no more than so many, for the caller alone."""
        with self._lock:
            start = self._total - self.count
            self.count -= min(most, self.count)
            return range(start, self._total - self.count)

    def done(self, rows: range, decoded: int, seconds: float) -> None:
        """Note that rows were looked at in so many seconds, and how many of them were decoded."""
        with self._lock:
            self._news += len(rows)
            self.decoding_seconds += seconds * decoded / len(rows)

    def news(self) -> int:
        """Return how many were looked at since the last call."""
        with self._lock:
            news, self._news = self._news, 0
        return news


class Pace:
    """How long one thread takes for a picture, as the last few looks at the clock say."""

    def __init__(self) -> None:
        self._work, self._wait = deque[float](maxlen=MOST_JUDGED), deque[float](maxlen=MOST_JUDGED)

    @property
    def is_unknown(self) -> bool:
        """Whether too few looks were taken to tell."""
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
