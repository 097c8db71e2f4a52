"""What the directories of a TIFF say, and what decoding it would cost; EXIF data are such a directory too.

Reference:
    Adobe, "TIFF Revision 6.0" (1992), section 2: a directory is a row of entries, each a tag, a type, a number of
    values, and the values or where they stand. https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf
"""

import struct
from collections import Counter
from typing import NamedTuple

STARTS = (b"II*\0", b"MM\0*", b"II\0*", b"MM*\0", b"II+\0", b"MM\0+")
"""Those that Pillow takes for a TIFF; BigTIFF is one whose third byte is a plus."""
MOST_FRAMES = 65_536
"""Directories that are counted; only the first one is read."""
MOST_TAGS, MOST_TILES = 4_096, 2**18
LEAST_TILE = 2**22
"""Pixels that a tile may have, however small the picture is."""
TIMES_THE_PICTURE, TIMES_THE_FILE, ROOM = 4, 2, 2**16
"""Tiles may cover the picture so many times, and tags claim the file's bytes so many times and a little more."""

_BIG = ord("+")
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_WHOLE = {1: "B", 3: "H", 4: "L", 6: "b", 8: "h", 9: "l", 13: "L", 16: "Q", 17: "q", 18: "Q"}
"""Bytes of a value, and how whole numbers are unpacked, by the type."""
_WIDTH, _HEIGHT, _COMPRESSION, _STRIPS, _CHANNELS, _ROWS, _STRIP_BYTES = 256, 257, 259, 273, 277, 278, 279
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES = 322, 323, 324, 325
_BELOW = (34_665, 34_853, 40_965)
"""Tags that say where EXIF's, GPS' and the interoperability directory stand; Pillow reads them with the first."""
_JPEGS = (6, 7)
_SCAN = b"\xff\xda"


class Entry(NamedTuple):
    """An entry of a directory.

    Args:
        kind: The type of its values.
        amount: How many it claims.
        place: Where they stand in the file or block.
        size: Bytes that they claim.
    """

    kind: int
    amount: int
    place: int
    size: int


class TiffReader:
    """Reads directories, not what they describe; whatever is not there is zero.

    Args:
        payload: A TIFF, or the body of EXIF data.
    """

    def __init__(self, payload: bytes) -> None:
        self._payload, self._order = payload, ">" if payload[:1] == b"M" else "<"
        self._is_big = len(payload) > 2 and payload[2] == _BIG  # noqa: PLR2004 - its place
        self._number, self._head, self._step = ("Q", "Q", 20) if self._is_big else ("L", "H", 12)
        self.first = self._unpacked(self._number, 8 if self._is_big else 4)

    def _unpacked(self, kind: str, place: int) -> int:
        try:
            return int(struct.unpack_from(self._order + kind, self._payload, place)[0])
        except (struct.error, OverflowError):
            return 0

    def count(self, place: int) -> int:
        """Return how many entries the directory at this place says that it has."""
        return self._unpacked(self._head, place)

    def entries(self, place: int) -> list[tuple[int, Entry]]:
        """Return the tags of the directory at this place, at most `MOST_TAGS`, with their entries."""
        start = place + struct.calcsize(f"<{self._head}")
        most = min(self.count(place), MOST_TAGS, max(0, len(self._payload) - start) // self._step)
        here = self._step - struct.calcsize(f"<{self._number}")  # where a value stands in its entry
        rows = struct.iter_unpack(f"{self._order}HH2{self._number}", self._payload[start : start + most * self._step])
        return [
            (tag, Entry(kind, amount, start + number * self._step + here if size <= self._step - here else there, size))
            for number, (tag, kind, amount, there) in enumerate(rows)
            for size in (amount * _SIZES.get(kind, 0),)
        ]

    def after(self, place: int) -> int:
        """Return where the next directory stands; 0 after the last one."""
        end = place + struct.calcsize(f"<{self._head}") + self.count(place) * self._step
        return self._unpacked(self._number, end) if end < len(self._payload) else 0

    def numbers(self, entry: Entry, most: int = 1) -> tuple[int, ...]:
        """Return the first values of an entry, if they are whole numbers and there."""
        kind = _WHOLE.get(entry.kind, "")
        count = min(entry.amount, most)
        there = entry.place + count * _SIZES.get(entry.kind, 0) <= len(self._payload)
        return struct.unpack_from(f"{self._order}{count}{kind}", self._payload, entry.place) if kind and there else ()

    def text(self, entry: Entry, most: int) -> str:
        """Return the first letters of an entry, ASCII, without what follows a zero."""
        block = self._payload[entry.place : entry.place + min(entry.size, most)]
        return block.split(b"\0")[0].decode("ascii", errors="replace")

    def claim(self, place: int) -> int:
        """Return how many bytes of the file the tags of a directory claim."""
        return self.claimed(self.entries(place))

    def claimed(self, entries: list[tuple[int, Entry]]) -> int:
        """Return how many bytes of the file these entries claim, counted once for each of them."""
        end = len(self._payload)
        return sum(min(size, end - start) for _, (_, _, start, size) in entries if start < end)


def frame_count(payload: bytes) -> int:
    """Return how many pictures a TIFF holds, 1 or more; a place without a directory, or one seen before, ends it."""
    reader, seen = TiffReader(payload), set[int]()
    place = reader.first
    while place and place not in seen and reader.count(place) and len(seen) < MOST_FRAMES:
        seen.add(place)
        place = reader.after(place)
    return max(1, len(seen))


def size(payload: bytes) -> tuple[int, int]:
    """Return width and height of the first picture; zeros where they are not said."""
    reader = TiffReader(payload)
    found = dict(reader.entries(reader.first))
    return _first(reader, found, _WIDTH), _first(reader, found, _HEIGHT)


def exif_excess(block: bytes) -> str | None:
    """Return that the tags of EXIF data claim far more bytes than there are, which a reader would copy one by one.

    Args:
        block: From its byte order on.
    """
    reader = TiffReader(block)
    return _claims(reader.claim(reader.first), len(block), "EXIF data")


def excess(payload: bytes, most_scanned: int) -> str | None:
    """Return what of a TIFF would take work or memory out of all proportion to its first picture.

    Args:
        payload: The bytes of the file.
        most_scanned: Pixels that all JPEG scans in it may cover.
    """
    reader = TiffReader(payload)
    if (count := reader.count(reader.first)) > MOST_TAGS:
        return f"has {count:,} tags; at most {MOST_TAGS:,} are read"
    entries = reader.entries(reader.first)
    doubled = [tag for tag, times in Counter(tag for tag, _ in entries).items() if times > 1]
    if doubled:
        return f"has the tag {doubled[0]} twice"
    found = dict(entries)
    below = sum(reader.claim(_first(reader, found, tag)) for tag in _BELOW if tag in found)
    words = _claims(reader.claimed(entries) + below, len(payload), "tags")
    return words or _tile_excess(reader, found) or _scan_excess(payload, reader, found, most_scanned)


def _claims(claim: int, size: int, what: str) -> str | None:
    most = TIMES_THE_FILE * size + ROOM
    return f"has {what} that claim {claim:,} bytes; at most {most:,} are read" if claim > most else None


def _first(reader: TiffReader, found: dict[int, Entry], tag: int, otherwise: int = 0) -> int:
    numbers = reader.numbers(found[tag]) if tag in found else ()
    return numbers[0] if numbers else otherwise


def _tile(reader: TiffReader, found: dict[int, Entry]) -> tuple[int, int, int]:
    """Return width, height and number of the tiles, or of the strips, which are tiles as wide as the picture."""
    width, height = (_first(reader, found, tag) for tag in (_WIDTH, _HEIGHT))
    tile = _first(reader, found, _TILE_WIDTH, width), _first(reader, found, _TILE_HEIGHT, height)
    rows = min(_first(reader, found, _ROWS, height), height)
    is_tiled = _TILE_WIDTH in found or _TILE_HEIGHT in found or _TILES in found
    counts = [found[tag].amount for tag in (_STRIPS, _TILES) if tag in found]
    return (*(tile if is_tiled else (width, rows)), max(counts, default=0))


def _tile_excess(reader: TiffReader, found: dict[int, Entry]) -> str | None:
    width, height = (_first(reader, found, tag) for tag in (_WIDTH, _HEIGHT))
    across, down, count = _tile(reader, found)
    if across * down > max(TIMES_THE_PICTURE * width * height, LEAST_TILE):
        return f"is of {width} x {height} pixels in tiles of {across} x {down}"
    if count > MOST_TILES:
        return f"is of {count:,} tiles or strips; at most {MOST_TILES:,} are read"
    covered = count * min(across, width) * min(down, height)
    if covered > TIMES_THE_PICTURE * width * height * max(1, _first(reader, found, _CHANNELS)) + LEAST_TILE:
        return f"is of {width} x {height} pixels in {count:,} tiles or strips that cover {covered:,}"
    return None


def _scan_excess(payload: bytes, reader: TiffReader, found: dict[int, Entry], most_scanned: int) -> str | None:
    """Return that JPEG data in a TIFF have far too many scans, if so."""
    if _first(reader, found, _COMPRESSION) not in _JPEGS:
        return None
    places, sizes = (
        [number for tag in tags if tag in found for number in reader.numbers(found[tag], MOST_TILES)]
        for tags in ((_STRIPS, _TILES), (_STRIP_BYTES, _TILE_BYTES))
    )
    scans = sum(payload.count(_SCAN, place, place + size) for place, size in zip(places, sizes, strict=False))
    across, down, _ = _tile(reader, found)
    covered = scans * across * down
    words = f"has {scans:,} scans that cover {covered:,} pixels; at most {most_scanned:,} are scanned"
    return words if covered > most_scanned else None
