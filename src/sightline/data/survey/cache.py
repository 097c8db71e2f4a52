"""Decoded samples that outlive a run, found again by the SHA-256 of the very bytes that they were decoded from.

There is one file for a source and a format. Nothing in it is believed for a sample's name, place or time: a
sample that was changed has another digest, and so have kept facts and pixels that are no longer those that were
written; both are decoded anew. Digests tell damage, not who wrote: so a folder into which others may write is not used,
nor a file that is somebody else's. A cache is no result: it may be deleted at any time, and whatever goes wrong with it
costs only the time to decode. See docs/decisions/0016.
"""

import hashlib
import math
import os
import struct
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
from PIL import features

from sightline.core.pieces import pieces
from sightline.data.cache_folder import require_own
from sightline.data.ranges import RangeReader
from sightline.data.sources import Source, places_of
from sightline.data.survey.room import kept_file
from sightline.imaging import facts as facts_of_pictures
from sightline.imaging.facts import BYTES, Facts
from sightline.imaging.format import Format
from sightline.imaging.photo import Pixels
from sightline.imaging.thumbnail import SIDE

MOST_BYTES = 10 * 2**30
SUFFIX = ".pixels"
ROWS_A_WRITE = 1024
THUMBNAIL_BYTES = SIDE * SIDE

_MAGIC = b"sightl-4"
_HEADER = struct.Struct("<8sIQ32s")
"""Magic number, version of the facts, number of samples, SHA-256 of the index; then the index, then thumbnail and
pixels of each in its order. A file of another version holds nothing, and is replaced by what is decoded anew."""
_ENTRY = struct.Struct(f"<32s32s{BYTES}s")
"""One line of the index: SHA-256 of the sample's file, SHA-256 of that, the facts, thumbnail and pixels, and the
facts."""


class PixelCache:
    """The decoded samples of one source in one format; safe to use from several threads.

    Args:
        path: A file. If it is missing, cut short, rotten, another user's or of another version, nothing is kept yet.
        shape: Of every sample, of any rank.
    """

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        self._path, self._shape, self._bytes = path, shape, THUMBNAIL_BYTES + math.prod(shape)
        self._ranges: RangeReader | None = None
        self._index = b""
        self._places: dict[bytes, int] = {}
        with suppress(OSError):
            require_own(path.parent)
            require_own(path)
            self._ranges = RangeReader(path)
            self._index = self._read_index(self._ranges)
            self._places = {entry[0]: place for place, entry in enumerate(_ENTRY.iter_unpack(self._index))}
            os.utime(path)  # the least recently used is thrown out first

    def _read_index(self, ranges: RangeReader) -> bytes:
        """Return one entry for each sample; none of a file that is rotten, foreign or not as long as it says."""
        header = ranges.read(_HEADER.size, 0)
        if len(header) < _HEADER.size:
            return b""
        magic, version, count, check = _HEADER.unpack(header)
        is_ours = (magic, version) == (_MAGIC, facts_of_pictures.VERSION)
        if not is_ours or ranges.size != _HEADER.size + count * (_ENTRY.size + self._bytes):
            return b""
        index = ranges.read(count * _ENTRY.size, _HEADER.size)
        return index if hashlib.sha256(index).digest() == check else b""

    def find(self, digest: str) -> tuple[Facts, Pixels, Pixels] | None:
        """Return what the file with this SHA-256 was decoded to: its facts, its thumbnail, and its array, uint8."""
        place = self._places.get(bytes.fromhex(digest))
        if place is None or self._ranges is None:
            return None
        _, check, facts = _ENTRY.unpack_from(self._index, place * _ENTRY.size)
        try:
            block = self._ranges.read(self._bytes, _HEADER.size + len(self._index) + place * self._bytes)
        except OSError:
            return None
        if len(block) != self._bytes or _check(digest, facts, block) != check:
            return None
        try:
            numbers = np.frombuffer(block, np.uint8)
            thumbnail, pixels = numbers[:THUMBNAIL_BYTES], numbers[THUMBNAIL_BYTES:]
            return Facts.unpacked(facts), thumbnail.reshape(SIDE, SIDE), pixels.reshape(self._shape)
        except ValueError:  # no facts that were ever written
            return None

    def keep(self, rows: Mapping[str, int], facts: Sequence[Facts], thumbnails: Pixels, pixels: Pixels) -> None:
        """Keep these samples instead of what was kept, if there is room.

        Args:
            rows: SHA-256 of a file, hexadecimal, to its row.
            facts: N, of every row.
            thumbnails: (N, 32, 32) uint8, of every row.
            pixels: (N, ...) uint8, of every row.
        """
        self._places, self._ranges = {}, None  # Windows replaces no file that is open
        blocks = (thumbnails[row].tobytes() + pixels[row].tobytes() for row in rows.values())
        index = b"".join(
            _entry(digest, facts[row], block) for (digest, row), block in zip(rows.items(), blocks, strict=True)
        )
        needed = _HEADER.size + len(index) + len(rows) * self._bytes
        with suppress(OSError), kept_file(self._path, needed, suffix=SUFFIX, most_bytes=MOST_BYTES) as file:
            file.write(_header(index, len(rows)) + index)
            order = np.fromiter(rows.values(), dtype=np.int64)
            for piece in pieces(len(order), ROWS_A_WRITE):
                file.write(_joined(thumbnails[order[piece]], pixels[order[piece]]).data)


def _header(index: bytes, count: int) -> bytes:
    return _HEADER.pack(_MAGIC, facts_of_pictures.VERSION, count, hashlib.sha256(index).digest())


def _joined(thumbnails: Pixels, pixels: Pixels) -> Pixels:
    """Return each sample's thumbnail and pixels in one row of bytes."""
    return np.concatenate([thumbnails.reshape(len(thumbnails), -1), pixels.reshape(len(pixels), -1)], axis=1)


def _entry(digest: str, facts: Facts, block: bytes) -> bytes:
    packed = facts.packed()
    return _ENTRY.pack(bytes.fromhex(digest), _check(digest, packed, block), packed)


def _check(digest: str, facts: bytes, block: bytes) -> bytes:
    return hashlib.sha256(bytes.fromhex(digest) + facts + block).digest()


def pixel_cache(folder: Path | None, source: Source, input_format: Format | None) -> PixelCache | None:
    """Open the cache of a source in a format; None if there is nothing to keep: no folder, no pixels, no decoding.

    Args:
        source: Of folders or archives; arrays need no cache.
        input_format: What the samples become; None if no pixels are asked for.
    """
    places = places_of(source)
    if folder is None or not places or input_format is None:
        return None
    described = (type(input_format).__name__, sorted(input_format.describe().items()))
    key = repr(([os.fsencode(place.resolve()) for place in places], described, decoder()))
    name = hashlib.sha256(key.encode()).hexdigest()[:32] + SUFFIX
    return PixelCache(folder / name, input_format.shape)


@cache
def decoder() -> tuple[str | None, ...]:
    """Return what decides which pixels come out of a file: the libraries' versions, and our own code."""
    code = hashlib.sha256(
        b"".join(path.read_bytes() for path in sorted(Path(facts_of_pictures.__file__).parent.glob("*.py")))
    )
    return code.hexdigest(), *map(features.version, ("pil", "jpg", "libjpeg_turbo", "libtiff", "webp", "zlib"))
