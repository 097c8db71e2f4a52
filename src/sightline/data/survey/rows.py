"""Which rows of a survey are left, and how many are done."""

from threading import Lock


class RemainingRows:
    """The rows that nobody has taken yet; safe to use from several threads.

    Attributes:
        left: How many nobody has taken.
        decoding_seconds: What the decoding of those that are done took, over all workers.
    """

    def __init__(self, count: int) -> None:
        self.left, self.decoding_seconds = count, 0.0
        self._total, self._new, self._lock = count, 0, Lock()

    def take(self, most: int) -> range:
        """Return the next rows, at most `most`, for the caller alone."""
        with self._lock:
            start = self._total - self.left
            self.left -= min(most, self.left)
            return range(start, self._total - self.left)

    def done(self, rows: range, *, decoded: int, seconds: float) -> None:
        """Note that rows were looked at in so many seconds, and how many of them were decoded."""
        with self._lock:
            self._new += len(rows)
            self.decoding_seconds += seconds * decoded / len(rows)

    def newly_done(self) -> int:
        """Return how many were done since the last call."""
        with self._lock:
            new, self._new = self._new, 0
        return new
