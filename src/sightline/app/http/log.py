"""The log: one line a request, written by a thread of its own, so that a reader who stops reading stops nobody."""

import logging
import os
import queue
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener

MOST_LINES = 10_000
LONGEST_LINE = 1000
WHOLE_BYTES = getattr(select, "PIPE_BUF", 512)
"""A pipe keeps a line of no more bytes apart from those of other processes."""
CLOSE_SECONDS = 2.0
STANDARD_ERROR = 2

LOGGER = logging.getLogger("sightline.service")


class LineFormatter(logging.Formatter):
    """Writes each line with its time; what could steer a terminal or begin another line is made visible."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a line; a traceback has several."""
        now = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        lines = [record.getMessage()]
        if record.exc_info:
            lines += self.formatException(record.exc_info).splitlines()
        return "\n".join(f"{now} {_visible(line)[:LONGEST_LINE]}" for line in lines)


class BoundedQueueHandler(QueueHandler):
    """Never waits and never fills memory: lines that find no room are counted, and the count is logged."""

    def __init__(self, lines: "queue.SimpleQueue[logging.LogRecord]") -> None:
        super().__init__(lines)
        self._lines, self._lost = lines, 0

    def enqueue(self, record: logging.LogRecord) -> None:
        """Queue a line, or count it."""
        if self._lines.qsize() >= MOST_LINES:
            self._lost += 1
            return
        if self._lost:
            lost, self._lost = self._lost, 0
            LOGGER.warning("%d lines could not be written in time", lost)
        super().enqueue(record)


class StandardErrorHandler(logging.Handler):
    """Writes lines to the standard error stream; nothing waits at exit for one whose reader has stopped."""

    def createLock(self) -> None:  # noqa: N802 - logging's name
        """Have no lock: one thread writes, and it may be stuck for ever while the process ends."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, each line at once; where nobody reads any more, the service goes on."""
        with suppress(OSError):
            for line in record.getMessage().split("\n"):
                os.write(STANDARD_ERROR, line.encode()[: WHOLE_BYTES - 1] + b"\n")


@contextmanager
def open_log() -> Iterator[None]:
    """Have `LOGGER` write to the standard error stream; at the end, what is left is written if somebody reads it."""
    lines: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    handler = BoundedQueueHandler(lines)
    handler.setFormatter(LineFormatter())
    listener = QueueListener(lines, StandardErrorHandler())
    listener.start()
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)
        stop = threading.Thread(target=listener.stop, name="end of the log", daemon=True)
        stop.start()
        stop.join(CLOSE_SECONDS)


def _visible(text: str) -> str:
    return text if text.isprintable() else "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
