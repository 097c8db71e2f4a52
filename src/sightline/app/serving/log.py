"""The log: one line a request, written by a thread of its own, so that a reader who stops reading stops nobody."""

import sys
import threading
import time
import traceback
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime

MOST_LINES = 10_000
LONGEST_LINE = 1000
GATHER_SECONDS = 0.05
"""Lines are written together; waking a thread for each would cost more than the line."""
CLOSE_SECONDS = 2.0


class Log:
    """Writes lines to the standard error stream, each with its time; those that can't be written are counted."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque()
        self._lost = 0
        self._closed = False
        self._awake = threading.Event()
        self._thread = threading.Thread(target=self._work, name="log", daemon=True)
        self._thread.start()

    def say(self, text: str) -> None:
        """Write a line; it never waits. What could steer a terminal or begin another line is made visible."""
        if len(self._lines) >= MOST_LINES:
            self._lost += 1
            return
        safe = text if text.isprintable() else "".join(s if s.isprintable() else repr(s)[1:-1] for s in text)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._lines.append(f"{now} {safe[:LONGEST_LINE]}\n")
        if not self._awake.is_set():
            self._awake.set()

    def report(self, error: BaseException) -> None:
        """Write what should not have happened, with its traceback."""
        for line in "".join(traceback.format_exception(error)).splitlines():
            self.say(line)

    def close(self) -> None:
        """Write what is left, if somebody reads it."""
        self._closed = True
        self._awake.set()
        self._thread.join(CLOSE_SECONDS)

    def _work(self) -> None:
        while not self._closed:
            self._awake.wait()
            time.sleep(GATHER_SECONDS)
            self._awake.clear()
            self._write()
        self._write()

    def _write(self) -> None:
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        lost, self._lost = self._lost, 0
        if lost:
            lines.append(f"{lost} lines could not be written in time\n")
        with suppress(OSError, ValueError):  # nobody reads any more; the service goes on
            sys.stderr.write("".join(lines))
            sys.stderr.flush()
