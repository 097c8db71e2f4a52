"""What a JPEG's markers say: whether it is a plain picture that needs no second look, and whether it is rotten.

Reference:
    ITU-T T.81 (1992), annex B: a file is a row of marker segments, each with its length, and after a start of
    scan entropy-coded data in which every byte 0xFF is followed by 0x00. https://www.w3.org/Graphics/JPEG/itu-t81.pdf
"""

import re
import struct
from typing import NamedTuple

START = b"\xff\xd8\xff"
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_FRAMES = frozenset((0xC0, 0xC1, 0xC2))
"""Baseline, extended and progressive, all with Huffman codes."""
_TABLES = frozenset((0xC4, 0xDB, 0xDD, 0xE0, 0xFE))
"""Huffman codes, quantisation, restart interval, JFIF and comment: what says nothing of how to show the picture."""
_FRAME = struct.Struct(">BHHB")
_MODES = {1: "L", 3: "RGB"}
_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
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
    while match := _MARKER.search(payload, position):
        marker = match.group(1)[0]
        if scanning and marker not in _AFTER_A_SCAN:
            return f"is damaged: marker 0xFF{marker:02X} stands inside the JPEG's picture data"
        if marker == _END_OF_IMAGE:
            return None
        length = int.from_bytes(payload[match.end() : match.end() + 2])
        position, scanning = match.end() + max(length, 2), marker == _START_OF_SCAN
    return "is damaged or cut short: the JPEG has no end-of-image marker"
