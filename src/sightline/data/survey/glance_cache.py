"""What a look without pixels showed, kept for the next look at files that have not changed.

One file for a source: for each picture what stood for its content (`identities.py`), the SHA-256 of its bytes, its
facts and its thumbnail. As with decoded pixels nothing in it is a result: it may be deleted at any time, and whatever
is wrong with it costs only the time to look once more. See docs/decisions/0016.
"""

import hashlib
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from sightline.core.regular import only_regular
from sightline.data.cache_folder import require_own
from sightline.data.catalog import Rows
from sightline.data.sources import Source, places_of
from sightline.data.survey.cache import decoder
from sightline.data.survey.identities import BYTES as IDENTITY_BYTES
from sightline.data.survey.record import Columns
from sightline.data.survey.room import kept_file
from sightline.imaging import facts as facts_of_pictures
from sightline.imaging.facts import BYTES as FACTS_BYTES
from sightline.imaging.facts import Facts
from sightline.imaging.thumbnail import SIDE

SUFFIX = ".looks"
MOST_BYTES = 4 * 2**30
ROWS_A_TIME = 4096

_HEADER = struct.pack("<8sI", b"sightlk1", facts_of_pictures.VERSION)
"""What a file of this version begins with; rows follow."""
CHECK_BYTES = 16
_LAYOUT = struct.Struct(f"<{IDENTITY_BYTES}s{CHECK_BYTES}s32s{FACTS_BYTES}s{SIDE * SIDE}s")
"""A picture: what stood for its content, a check sum of the row, the SHA-256 of its bytes, its facts and thumbnail."""


class GlanceCache:
    """The kept looks at the pictures of one source.

    Args:
        path: A file. If it is missing, another user's or of another version, nothing is kept yet; of one that is cut
            short or rotten in places, the sound rows are.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def fill(self, identities: Sequence[bytes], columns: Columns) -> Rows:
        """Fill the rows of pictures that are as they were, and return the rows that have to be looked at.

        Args:
            identities: N, as `identities_of` returns them.
            columns: N rows that nobody has looked at.
        """
        rows = {identity: row for row, identity in enumerate(identities) if identity}
        with suppress(OSError):
            for kept in self._kept():
                row = rows.get(kept[0])
                if row is not None and _check(kept) == kept[1]:
                    _, _, digest, facts, thumbnail = kept
                    columns.digests[row], columns.facts[row] = digest.hex(), Facts.unpacked(facts)
                    columns.thumbnails[row] = np.frombuffer(thumbnail, np.uint8).reshape(SIDE, SIDE)
        return np.array([row for row, digest in enumerate(columns.digests) if not digest], dtype=np.int64)

    def keep(self, identities: Sequence[bytes], columns: Columns) -> None:
        """Keep what looks showed instead of what was kept, if there is room.

        Args:
            identities: N, of which ``b""`` are left out, as are pictures that can't be used.
            columns: N rows that were looked at.
        """
        rows = [row for row, identity in enumerate(identities) if identity and row not in columns.problems]
        needed = len(_HEADER) + len(rows) * _LAYOUT.size
        with suppress(OSError), kept_file(self._path, needed, suffix=SUFFIX, most_bytes=MOST_BYTES) as file:
            file.write(_HEADER)
            file.writelines(_packed(identities[row], columns, row) for row in rows)

    def _kept(self) -> Iterator[tuple[bytes, ...]]:
        """Yield the rows of the file, if it is this user's own and of this version."""
        require_own(self._path.parent)
        require_own(self._path)
        with open(self._path, "rb", opener=only_regular) as file:
            if file.read(len(_HEADER)) != _HEADER:
                return
            os.utime(self._path)  # the least recently used is thrown out first
            while block := file.read(ROWS_A_TIME * _LAYOUT.size):
                yield from _LAYOUT.iter_unpack(block[: len(block) // _LAYOUT.size * _LAYOUT.size])


def _packed(identity: bytes, columns: Columns, row: int) -> bytes:
    shown = bytes.fromhex(columns.digests[row]), columns.facts[row].packed(), columns.thumbnails[row].tobytes()
    return b"".join((identity, _check((identity, b"", *shown)), *shown))


def _check(kept: Sequence[bytes]) -> bytes:
    """Return what tells that a row is as it was written."""
    return hashlib.blake2b(b"".join((kept[0], *kept[2:])), digest_size=CHECK_BYTES).digest()


def glance_cache(folder: Path | None, source: Source) -> GlanceCache | None:
    """Open the cache of the looks at a source; None if there is no folder, or nothing of it lies on a disk."""
    places = places_of(source)
    if folder is None or not places:
        return None
    key = repr(([os.fsencode(place.resolve()) for place in places], decoder()))
    return GlanceCache(folder / (hashlib.sha256(key.encode()).hexdigest()[:32] + SUFFIX))
