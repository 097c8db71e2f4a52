"""What a JPEG's markers say: whether it is plain and needs no second look, is rotten, or would cost too much.

Reference:
    ITU-T T.81 (1992), annex B: a file is a row of marker segments, each with its length, and after a start of
    scan entropy-coded data in which every byte 0xFF is followed by 0x00. https://www.w3.org/Graphics/JPEG/itu-t81.pdf
"""

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from sightline.imaging.formats import tiff

START = b"\xff\xd8\xff"
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_FRAMES = frozenset((0xC0, 0xC1, 0xC2))
"""Baseline, extended and progressive, all with Huffman codes."""
_TABLES = frozenset((0xC4, 0xDB, 0xDD, 0xE0, 0xFE))
"""Huffman codes, quantisation, restart interval, JFIF and comment: what says nothing of how to show the picture."""
_FRAME = struct.Struct(">BHHB")
_MODES = {1: "L", 3: "RGB"}
_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
SCAN = b"\xff\xda"
MOST_SCANNED = 2**31
"""Pixels that all scans may cover together: 24 scans of the largest picture. A progressive file has 6 to 18."""
MOST_SEGMENTS = 10_000
"""Encoders write some dozens; what phones put into segments of 64 KiB beside the picture are some hundreds."""
MOST_EXIF = 2**20
_ANY_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = (0x01, 0xD8)
_APPLICATIONS, _BLOCK = range(0xE0, 0xF0), re.compile(rb"Exif\0\0|MPF\0")
"""What segments begin with that hold EXIF data, or an index of several pictures."""
_AFTER_A_SCAN = {0xC4, 0xCC, _START_OF_SCAN, 0xDB, 0xDD, 0xDC, 0xFE, _END_OF_IMAGE, *range(0xE0, 0xF0)}


class PlainFrame(NamedTuple):
    """The frame of a JPEG that is one upright picture in grey or colour, and nothing else.

    Args:
        width: Pixels across, 1 to 65,535.
        height: Pixels down, 1 to 65,535.
        mode: Pillow's name, ``"L"`` or ``"RGB"``.
        scan: Where the first start-of-scan marker stands.
    """

    width: int
    height: int
    mode: str
    scan: int


def plain_frame(payload: bytes) -> PlainFrame | None:
    """Return the frame of a JPEG whose header leaves no question open, or None.

    EXIF, colour profiles, a second picture, Adobe's colours, other bit depths and anything that stands where
    it does not belong are left to a reader that knows them.
    """
    if not payload.startswith(START):
        return None
    position, shape = len(START) - 1, None
    try:
        while payload[position] == 0xFF:  # noqa: PLR2004 - it begins every marker
            marker = payload[position + 1]
            if marker == _START_OF_SCAN:
                return None if shape is None else PlainFrame(*shape, position)
            if marker in _FRAMES and shape is None:
                shape = _shape(payload, position + 4)
            elif marker not in _TABLES:
                break
            position += 2 + (payload[position + 2] << 8 | payload[position + 3])
    except (IndexError, KeyError, struct.error):  # cut short, or a number of channels that has no mode
        pass
    return None


def _shape(payload: bytes, position: int) -> tuple[int, int, str]:
    bits, height, width, channels = _FRAME.unpack_from(payload, position)
    return width, height, _MODES[channels if bits == 8 and width and height else 0]  # noqa: PLR2004 - bits a channel


def rot(payload: bytes, position: int = len(START) - 1) -> str | None:
    """Return what shows that a JPEG is rotten or not whole, if anything does.

    libjpeg only warns of it, and Pillow drops the warning: the lower part of the picture is
    then noise or grey. Rot that happens to leave valid codes and the end can't be seen in this way.

    Args:
        payload: The bytes of a JPEG file.
        position: Where to begin: behind the start of the image, or at a marker.

    Returns:
        Words that go on after a file's name, or None.

    Reference:
        ITU-T T.81 (1992), annex B.1.1: after a byte 0xFF in a scan only 0x00 or a restart marker
        may follow; B.2.1: an image ends with its end-of-image marker. https://www.w3.org/Graphics/JPEG/itu-t81.pdf
    """
    scanning = False
    for marker, _, _ in _segments(payload, position):
        if scanning and marker not in _AFTER_A_SCAN:
            return f"is damaged: marker 0xFF{marker:02X} stands inside the JPEG's picture data"
        if marker == _END_OF_IMAGE:
            return None
        scanning = marker == _START_OF_SCAN
    return "is damaged or cut short: the JPEG has no end-of-image marker"


def _segments(payload: bytes, position: int = len(START) - 1) -> Iterator[tuple[int, int, int]]:
    """Yield each marker, and where its segment's body begins and ends, behind the length."""
    while match := _MARKER.search(payload, position):
        marker, start = match.group(1)[0], match.end()
        length = 0 if marker in _WITHOUT_LENGTH else max(int.from_bytes(payload[start : start + 2]), 2)
        position = start + length
        yield marker, start + 2, position


def size(payload: bytes) -> tuple[int, int]:
    """Return width and height; zeros where no frame is found."""
    for marker, start, end in _segments(payload):
        if marker in _ANY_FRAME:
            return _frame_size(payload[start:end])
    return 0, 0


def _frame_size(body: bytes) -> tuple[int, int]:
    return int.from_bytes(body[3:5]), int.from_bytes(body[1:3])


def is_surely_cheap(payload: bytes, pixels: int) -> bool:
    """Return whether all that looks like the beginning of a scan covers no more than scans may."""
    return payload.count(SCAN) * pixels <= MOST_SCANNED


def excess(payload: bytes) -> str | None:
    """Return what of a JPEG would take work or memory out of all proportion to its pixels.

    Each scan of a progressive JPEG goes over all pixels, and a few bytes make a scan. Tags of EXIF data, and of an
    index of pictures, may all claim the same bytes.
    """
    segments, scans, pixels = 0, 0, 0
    blocks: dict[bytes, list[bytes]] = {}
    for marker, start, end in _segments(payload):
        if marker == _END_OF_IMAGE:
            break
        segments, scans = segments + 1, scans + (marker == _START_OF_SCAN)
        if marker in _ANY_FRAME:
            width, height = _frame_size(payload[start:end])
            pixels = max(pixels, width * height)
        elif marker in _APPLICATIONS and (kind := _BLOCK.match(payload, start)):
            blocks.setdefault(kind[0], []).append(payload[kind.end() : end])
        if segments > MOST_SEGMENTS:
            return f"is of more than {MOST_SEGMENTS:,} segments and scans"
    if scans * pixels > MOST_SCANNED:
        return f"has {scans:,} scans of {pixels:,} pixels; at most {MOST_SCANNED:,} pixels are scanned"
    return next(filter(None, (_block_excess(b"".join(parts)) for parts in blocks.values())), None)


def _block_excess(block: bytes) -> str | None:
    if len(block) > MOST_EXIF:
        return f"has {len(block):,} bytes of EXIF data; at most {MOST_EXIF:,} are read"
    return tiff.exif_excess(block)
