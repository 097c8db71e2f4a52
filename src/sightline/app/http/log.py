"""The log: one line a request, written by a thread of its own, so that a reader who stops reading stops nobody."""

import logging
import os
import queue
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener

from sightline.core.text import printable

MOST_LINES = 10_000
LONGEST_LINE = 1000
WHOLE_BYTES = getattr(select, "PIPE_BUF", 512)
"""A pipe keeps so many bytes that are written at once apart from those of other processes."""
GATHER_SECONDS = 0.05
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
        return "\n".join(f"{now} {printable(line)[:LONGEST_LINE]}" for line in lines)


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

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Leave the record as it is: the thread that writes makes its text."""
        return record


class StandardErrorHandler(logging.Handler):
    """Writes lines to the standard error stream, as many together as a pipe keeps whole.

    Nothing waits at exit for a stream whose reader has stopped.
    """

    def __init__(self) -> None:
        super().__init__()
        self._held = b""

    def createLock(self) -> None:  # noqa: N802 - logging's name
        """Have no lock: one thread writes, and it may be stuck for ever while the process ends."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Hold a record's lines until there are more than may be written together, or `flush`."""
        for line in self.format(record).split("\n"):
            written = line.encode()[: WHOLE_BYTES - 1] + b"\n"
            if len(self._held) + len(written) > WHOLE_BYTES:
                self.flush()
            self._held += written

    def flush(self) -> None:
        """Write what is held; where nobody reads any more, the service goes on."""
        held, self._held = self._held, b""
        with suppress(OSError):
            if held:
                os.write(STANDARD_ERROR, held)


class GatheringListener(QueueListener):
    """Wakes now and then: to wake its thread for each line would cost more than the line."""

    def dequeue(self, block: bool) -> logging.LogRecord:  # noqa: FBT001 - logging's signature
        """Return the next record; where there is none yet, write what is held and let some gather."""
        if self.queue.empty():  # type: ignore[attr-defined]
            for handler in self.handlers:
                handler.flush()
            time.sleep(GATHER_SECONDS)
        return super().dequeue(block)

    def stop(self) -> None:
        """Write all that is left."""
        super().stop()
        for handler in self.handlers:
            handler.flush()


@contextmanager
def open_log() -> Iterator[None]:
    """Have `LOGGER` write to the standard error stream; at the end, what is left is written if somebody reads it."""
    lines: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    handler, writer = BoundedQueueHandler(lines), StandardErrorHandler()
    writer.setFormatter(LineFormatter())
    listener = GatheringListener(lines, writer)
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
