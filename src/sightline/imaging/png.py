"""What a PNG's chunks say that Pillow passes over: check sums that are wrong, and how many bits are significant.

Reference:
    W3C, "Portable Network Graphics (PNG) Specification", 3rd ed. (2025), section 5.3: a chunk is
    its length, its type, its data and their CRC. https://www.w3.org/TR/png-3/#5Chunk-layout
"""

import zlib
from collections.abc import Iterator
from typing import NamedTuple

START = b"\x89PNG\r\n\x1a\n"
_BYTES_AROUND, _BYTES_BEFORE = 12, 8
"""Bytes of length, type and CRC; and of length and type."""
MOST_BITS = 16


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
    view, position = memoryview(payload), len(START)
    while position + _BYTES_AROUND <= len(view):
        start = position + _BYTES_BEFORE
        end = start + int.from_bytes(view[position : position + 4])
        kind, written = bytes(view[position + 4 : start]), view[end : end + 4]
        is_wanted = kind in (b"IDAT", b"sBIT", b"cICP") and len(written) == 4  # noqa: PLR2004 - bytes of a CRC
        is_sound = not is_wanted or zlib.crc32(view[position + 4 : end]) == int.from_bytes(written)
        yield Chunk(kind, view[start:end], is_sound)
        position = end + 4
