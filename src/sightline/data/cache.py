"""Decoded pictures that outlive a run, found again by the SHA-256 of the very bytes that they were decoded from.

There is one file for a source and an input format. Nothing in it is believed for a picture's name, place or time: a
picture that was changed has another digest, and kept pixels that have rotted another check sum; both are decoded
anew. A cache is no result: it may be deleted at any time, and whatever goes wrong with it costs only the time to
decode.
"""

import hashlib
import math
import os
import shutil
import struct
import sys
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import features

from sightline.data.pieces import PieceReader
from sightline.data.sources import FolderSource, Source, ZipSource
from sightline.imaging import photo
from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat

OFF = "off"
MOST_BYTES = 10 * 2**30
DISK_SHARE = 10
"""Kept pixels take at most `MOST_BYTES`, and at most one part in this many of what is free."""
SUFFIX = ".pixels"
ROWS_A_WRITE = 1024

_MAGIC = b"sightl-1"
_HEADER = struct.Struct("<8sQI")
"""Magic number, number of pictures, CRC-32 of the index; the index follows, then the pixels in its order."""
_ENTRY = struct.Struct("<32sIii8s8s?i")
"""One line of the index: digest, CRC-32 of the pixels, and the fields of `Facts`."""


class Facts(NamedTuple):
    """What is known of a picture besides its pixels; the fields are those of `Photo`."""

    width: int
    height: int
    format: str
    mode: str
    turned: bool
    frames: int


def cache_folder() -> Path:
    """Return where fetched data sets and decoded pictures are kept.

    ``SIGHTLINE_CACHE`` names it; else it is ``sightline`` in the user's folder of caches. ``off`` names no folder.

    Reference:
        XDG Base Directory Specification 0.8 (2021). https://specifications.freedesktop.org/basedir-spec/
    """
    named = os.environ.get("SIGHTLINE_CACHE")
    if named and named != OFF:
        return Path(named)
    home = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    return Path(home or Path.home() / ".cache") / "sightline"


def pixel_folder() -> Path | None:
    """Return where decoded pictures are kept; None if ``SIGHTLINE_CACHE`` is ``off``."""
    return None if os.environ.get("SIGHTLINE_CACHE") == OFF else cache_folder() / "pixels"


class PixelCache:
    """The kept pictures of one source in one input format; safe to use from several threads.

    Args:
        path: The file. If it is missing, cut short or rotten, nothing is kept yet.
        shape: (H, W, C) of every picture.
    """

    def __init__(self, path: Path, shape: tuple[int, int, int]) -> None:
        self._path, self._shape, self._bytes = path, shape, math.prod(shape)
        self._pieces: PieceReader | None = None
        self._index = b""
        self._places: dict[bytes, int] = {}
        with suppress(OSError):
            self._pieces = PieceReader(path)
            self._index = self._read_index(self._pieces)
            self._places = {entry[0]: place for place, entry in enumerate(_ENTRY.iter_unpack(self._index))}
            os.utime(path)  # the least recently used is thrown out first

    def _read_index(self, pieces: PieceReader) -> bytes:
        """Return one entry for each picture; none of a file that is rotten or has another length than it says."""
        header = pieces.read(_HEADER.size, 0)
        if len(header) < _HEADER.size:
            return b""
        magic, count, check = _HEADER.unpack(header)
        if magic != _MAGIC or pieces.size != _HEADER.size + count * (_ENTRY.size + self._bytes):
            return b""
        index = pieces.read(count * _ENTRY.size, _HEADER.size)
        return index if zlib.crc32(index) == check else b""

    def find(self, digest: str) -> tuple[Facts, Pixels] | None:
        """Return what the file with this SHA-256 was decoded to: its facts, and (H, W, C) uint8."""
        place = self._places.get(bytes.fromhex(digest))
        if place is None or self._pieces is None:
            return None
        _, check, width, height, form, mode, turned, frames = _ENTRY.unpack_from(self._index, place * _ENTRY.size)
        try:
            block = self._pieces.read(self._bytes, _HEADER.size + len(self._index) + place * self._bytes)
        except OSError:
            return None
        if zlib.crc32(block) != check or len(block) != self._bytes:
            return None
        facts = Facts(width, height, form.rstrip(b"\0").decode(), mode.rstrip(b"\0").decode(), turned, frames)
        return facts, np.frombuffer(block, np.uint8).reshape(self._shape)

    def keep(self, rows: Mapping[str, int], facts: Sequence[Facts], pixels: Pixels) -> None:
        """Keep these pictures instead of what was kept, if there is room; written aside and renamed.

        Nothing is flushed to the disk: after a power failure the check sums tell what did not get there.

        Args:
            rows: Digest to row.
            facts: Every row's facts.
            pixels: (N, H, W, C) uint8, every row's pixels.
        """
        self._places, self._pieces = {}, None  # Windows replaces no file that is open
        index = b"".join(_entry(digest, facts[row], pixels[row]) for digest, row in rows.items())
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _made_room(self._path, _HEADER.size + len(index) + len(rows) * pixels[0].nbytes):
                return
            handle, aside = tempfile.mkstemp(dir=self._path.parent, prefix=".", suffix=SUFFIX)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_HEADER.pack(_MAGIC, len(rows), zlib.crc32(index)) + index)
                    order = np.fromiter(rows.values(), dtype=np.int64)
                    for start in range(0, len(order), ROWS_A_WRITE):
                        file.write(pixels[order[start : start + ROWS_A_WRITE]].data)
                Path(aside).replace(self._path)
            except BaseException:
                Path(aside).unlink(missing_ok=True)
                raise


def _entry(digest: str, facts: Facts, pixels: Pixels) -> bytes:
    return _ENTRY.pack(
        bytes.fromhex(digest),
        zlib.crc32(pixels.data),
        facts.width,
        facts.height,
        facts.format.encode(),
        facts.mode.encode(),
        facts.turned,
        facts.frames,
    )


def _made_room(path: Path, needed: int) -> bool:
    """Throw out what was used least recently until a file of this size fits beside the rest; False if it can't."""
    others = sorted(
        ((other.stat(), other) for other in path.parent.glob(f"*{SUFFIX}") if other != path),
        key=lambda held: held[0].st_mtime_ns,
    )
    held = sum(status.st_size for status, _ in others)
    most = min(MOST_BYTES, (shutil.disk_usage(path.parent).free + held) // DISK_SHARE)
    if needed > most:
        return False
    for status, other in others:
        if held + needed > most:
            other.unlink(missing_ok=True)
            held -= status.st_size
    return True


def kept_pixels(folder: Path | None, source: Source, input_format: PictureFormat | None) -> PixelCache | None:
    """Open the kept pictures of a source; None if there is nothing to keep: no folder, no pixels, no decoding.

    Args:
        folder: See `pixel_folder`.
        source: Where the pictures are.
        input_format: What they become.
    """
    place = source.root if isinstance(source, FolderSource) else source.path if isinstance(source, ZipSource) else None
    if folder is None or place is None or input_format is None:
        return None
    key = repr((os.fsencode(place.resolve()), input_format, _decoder()))
    name = hashlib.sha256(key.encode()).hexdigest()[:32] + SUFFIX
    return PixelCache(folder / name, input_format.shape)


@cache
def _decoder() -> tuple[str | None, ...]:
    """Return what decides which pixels come out of a file: the libraries' versions, and our own code."""
    code = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(Path(photo.__file__).parent.glob("*.py"))))
    return code.hexdigest(), *map(features.version, ("pil", "jpg", "libjpeg_turbo", "libtiff", "webp", "zlib"))
