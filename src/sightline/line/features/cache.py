"""Features that outlive a run, found again by the SHA-256 of the very bytes that their pictures were decoded from.

There is one SQLite file for a base and a view. Nothing in it is a result: it may be deleted at any time, and whatever
goes wrong with it (a full disk, another process that writes, damage) costs only the time to compute again.
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

import numpy as np

from sightline.core.pieces import pieces
from sightline.core.regular import require_regular
from sightline.data.cache_folder import require_own
from sightline.data.survey.room import make_room
from sightline.inference.graph import Features

SUFFIX = ".features"
MOST_BYTES = 4 * 2**30
ASKED_TOGETHER = 500
"""Digests of one question; SQLite takes at least 999 values."""
BUSY_SECONDS = 5.0
_TABLE = "CREATE TABLE IF NOT EXISTS features (digest BLOB PRIMARY KEY, numbers BLOB, check_sum BLOB) WITHOUT ROWID"

T = TypeVar("T")


class FeatureCache:
    """The kept features of one base and view; safe to use from several processes.

    Args:
        path: A file; where it is missing or damaged, or its folder not the user's own, nothing is kept yet.
        width: How many numbers a picture has.
    """

    def __init__(self, path: Path, width: int) -> None:
        self._path, self._width = path, width

    def find(self, digests: Sequence[str]) -> dict[str, Features]:
        """Return what is kept of some pictures, each (F,) float32 and finite.

        Args:
            digests: SHA-256 of their files, hexadecimal.
        """
        with suppress(OSError):
            require_own(self._path.parent)
            require_regular(self._path)
            os.utime(self._path)  # the least recently used is thrown out first
            return self._work(lambda database: dict(self._rows(database, digests)), otherwise={})
        return {}

    def keep(self, digests: Sequence[str], features: Features) -> None:
        """Keep the features of some pictures beside those that are kept, if there is room.

        Args:
            digests: n, SHA-256 of their files, hexadecimal.
            features: (n, F) float32.
        """
        blobs = [row.tobytes() for row in np.ascontiguousarray(features)]
        keys = map(bytes.fromhex, digests)
        rows = [(key, blob, _check(key, blob)) for key, blob in zip(keys, blobs, strict=True)]

        def write(database: sqlite3.Connection) -> None:
            database.execute("PRAGMA synchronous = OFF")  # what a power failure takes is computed again
            database.execute(_TABLE)
            database.executemany("INSERT OR REPLACE INTO features VALUES (?, ?, ?)", rows)
            database.commit()

        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            require_own(self._path.parent)
            held = self._path.stat().st_size if self._path.is_file() else 0
            if make_room(self._path, held + features.nbytes, suffix=SUFFIX, most_bytes=MOST_BYTES):
                self._work(write, otherwise=None)

    def _rows(self, database: sqlite3.Connection, digests: Sequence[str]) -> Iterator[tuple[str, Features]]:
        """Yield digest and features of the rows that are as they were written."""
        for piece in pieces(len(digests), ASKED_TOGETHER):
            keys = [bytes.fromhex(digest) for digest in digests[piece]]
            query = f"SELECT digest, numbers, check_sum FROM features WHERE digest IN ({','.join('?' * len(keys))})"  # noqa: S608 - question marks alone
            for key, blob, check in database.execute(query, keys):
                if (
                    isinstance(blob, bytes)
                    and check == _check(bytes(key), blob)
                    and len(blob) == self._width * np.float32().itemsize
                ):
                    numbers = np.frombuffer(blob, np.float32)
                    yield bytes(key).hex(), numbers

    def _work(self, work: Callable[[sqlite3.Connection], T], *, otherwise: T) -> T:
        """Return what came of work on the database; `otherwise` where it can't be done, and a damaged file goes."""
        try:
            with closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS)) as database:
                return work(database)
        except sqlite3.OperationalError:
            return otherwise  # a full disk, a closed folder, another process at work for long
        except sqlite3.DatabaseError:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            return otherwise


def _check(digest: bytes, numbers: bytes) -> bytes:
    """Return what tells that these are the numbers of that picture, as they were written."""
    return hashlib.sha256(digest + numbers).digest()
