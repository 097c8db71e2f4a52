"""The log: one line a request, written by a thread of its own, so that a reader who stops reading stops nobody."""

import os
import select
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

MOST_LINES = 10_000
LONGEST_LINE = 1000
WHOLE_BYTES = getattr(select, "PIPE_BUF", 512)
"""Lines that are written together have no more, so that a pipe keeps them apart from those of other processes."""
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
        """Write a line; it never waits."""
        if len(self._lines) >= MOST_LINES:
            self._lost += 1
            return
        self._lines.append(_line(text))
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
            for piece in _pieces(lines):
                sys.stderr.write(piece)
                sys.stderr.flush()


def say_at_once(text: str) -> None:
    """Write a line without a thread, unless that would mean to wait."""
    with suppress(OSError, ValueError):
        handle = sys.stderr.fileno()
        if select.select([], [handle], [], 0)[1]:
            os.write(handle, _line(text).encode())


def _line(text: str) -> str:
    """Return a line of the log; what could steer a terminal or begin another line is made visible."""
    safe = text if text.isprintable() else "".join(s if s.isprintable() else repr(s)[1:-1] for s in text)
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return f"{now} {safe[:LONGEST_LINE]}\n"


def _pieces(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines, so many together as may be written at once."""
    piece, size = "", 0
    for line in lines:
        more = len(line.encode())
        if piece and size + more > WHOLE_BYTES:
            yield piece
            piece, size = "", 0
        piece, size = piece + line, size + more
    if piece:
        yield piece
