"""What a PNG's chunks say that Pillow passes over: wrong check sums, significant bits, and what there is too much of.

Reference:
    W3C, "Portable Network Graphics (PNG) Specification", 3rd ed. (2025), section 5.3: a chunk is
    its length, its type, its data and their CRC. https://www.w3.org/TR/png-3/#5Chunk-layout
"""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from sightline.imaging.formats import tiff

START = b"\x89PNG\r\n\x1a\n"
_BYTES_AROUND, _BYTES_BEFORE = 12, 8
"""Bytes of length, type and CRC; and of length and type."""
MOST_BITS = 16
MOST_CHUNKS = 2**16
"""An encoder writes data in pieces of 8 KiB and more; so many hold the largest file that is read."""
_MOST_INFLATED = 1_032
"""Bytes that deflate can make of one, by its own format."""
_HEADER = struct.Struct(">IIBB")
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_CLOSING = b"IEND"
_SCREEN = 16
"""Where width and height stand, in the first chunk."""


class Chunk(NamedTuple):
    """A chunk of a PNG.

    Args:
        kind: Its type, four letters.
        data: Its bytes without length, type and CRC.
        is_sound: Whether its CRC is right; true where the file ends before it.
    """

    kind: bytes
    data: memoryview
    is_sound: bool


def rot(payload: bytes) -> str | None:
    """Return that a PNG's pixels have another check sum than is written beside them, if so; Pillow does not look."""
    is_rotten = any(chunk.kind == b"IDAT" and not chunk.is_sound for chunk in _chunks(payload))
    return "is damaged: the check sum of the PNG's picture data is wrong" if is_rotten else None


def size(payload: bytes) -> tuple[int, int]:
    """Return width and height; zeros where the header is cut short."""
    return _HEADER.unpack_from(payload, _SCREEN)[:2] if len(payload) >= _SCREEN + _HEADER.size else (0, 0)


def excess(payload: bytes) -> str | None:
    """Return that a PNG has very many chunks, promises more pixels than its data can hold, or has odd EXIF data."""
    count, packed = 0, 0
    for kind, start, end in _places(payload):
        count, packed = count + 1, packed + (end - start if kind in (b"IDAT", b"fdAT") else 0)
        if count > MOST_CHUNKS:
            return f"is of more than {MOST_CHUNKS:,} chunks"
        if kind == b"eXIf" and (words := tiff.exif_excess(payload[start:end])):
            return words
    if len(payload) < _SCREEN + _HEADER.size:
        return None
    width, height, bits, colours = _HEADER.unpack_from(payload, _SCREEN)
    needed = width * height * bits * _CHANNELS.get(colours, 0) // 8
    is_short = needed > _MOST_INFLATED * min(packed, len(payload))
    return f"is cut short: {needed:,} bytes of pixels can't be in {packed:,} bytes of data" if is_short else None


def significant_bits(payload: bytes) -> int | None:
    """Return how many bits of a PNG's grey or red its writer calls significant, 1 to 16; None where it says nothing.

    Reference:
        The same, section 11.3.2.5, sBIT.
    """
    for chunk in _chunks(payload):
        if chunk.kind == b"IDAT":
            break
        if chunk.kind == b"sBIT" and chunk.is_sound and len(chunk.data):
            return chunk.data[0] if 1 <= chunk.data[0] <= MOST_BITS else None
    return None


def coded_colours(payload: bytes) -> tuple[int, int] | None:
    """Return the primaries and the transfer of colours that a PNG states by ITU-T H.273's numbers, if it does.

    Reference:
        The same, section 11.3.2.6, cICP.
    """
    for chunk in _chunks(payload):
        if chunk.kind == b"IDAT":
            break
        if chunk.kind == b"cICP" and chunk.is_sound and len(chunk.data) == 4:  # noqa: PLR2004 - numbers of a byte each
            return chunk.data[0], chunk.data[1]
    return None


def _chunks(payload: bytes) -> Iterator[Chunk]:
    view = memoryview(payload)
    for kind, start, end in _places(payload):
        written = view[end : end + 4]
        is_wanted = kind in (b"IDAT", b"sBIT", b"cICP") and len(written) == 4  # noqa: PLR2004 - bytes of a CRC
        is_sound = not is_wanted or zlib.crc32(view[start - 4 : end]) == int.from_bytes(written)
        yield Chunk(kind, view[start:end], is_sound)


def _places(payload: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the type of each chunk, and where its data begin and end; what follows the closing chunk is none."""
    position, kind = len(START), b""
    while position + _BYTES_AROUND <= len(payload) and kind != _CLOSING:
        start = position + _BYTES_BEFORE
        end = start + int.from_bytes(payload[position : position + 4])
        kind = payload[position + 4 : start]
        yield kind, start, end
        position = end + 4
