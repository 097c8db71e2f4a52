"""Ranges of a file's bytes, read by several threads at once."""

import io
import os
import weakref
from pathlib import Path
from threading import Lock

from sightline.core.regular import only_regular


class RangeReader:
    """An open file without a position; it is closed when nobody holds it any more.

    Args:
        path: A file; it is opened here.

    Raises:
        OSError: It can't be opened.
    """

    def __init__(self, path: Path) -> None:
        self._file = io.FileIO(path, opener=only_regular)
        self._lock = Lock()
        weakref.finalize(self, self._file.close)

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return os.fstat(self._file.fileno()).st_size

    def read(self, count: int, start: int) -> bytes:
        """Return up to `count` bytes from `start` on; fewer only where the file ends.

        Raises:
            OSError: The disk or the network fails.
        """
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), count, start)
        with self._lock:  # Windows
            self._file.seek(start)
            return self._file.read(count)
