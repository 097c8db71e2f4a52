"""What decoding one picture may cost, found out from its bytes before a decoder sees them.

A small file can be much work: scans that go over the same pixels again and again, tiles far larger than their picture,
tags that all claim the same bytes, thousands of pieces. The bounds are counted, not timed, so that a file is read on
every machine or on none, in training and in the service alike. They lie far beyond what cameras, phones, scanners and
editors write; docs/checks.md has them all.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from sightline.core.errors import PictureError
from sightline.imaging.formats import gif, jpeg, png, tiff
from sightline.imaging.rot import webp_chunks

MAX_PIXELS = 89_478_485
"""A picture with more pixels is taken for a decompression bomb; it is Pillow's own limit."""
MAX_BYTES = 512 * 2**20
MOST_AT_ONCE = 50_000_000
"""Pixels of a WebP, AVIF or HEIC: their decoders make several copies of all, and hold Python's lock meanwhile."""
AT_ONCE = ("WEBP", "AVIF", "HEIF")
QUICK_BYTES, QUICK_PIXELS = 16 * 2**10, 2**20
"""What has no more of both is decoded in some milliseconds."""

MOST_RUN_BYTES, WIDEST_RUNS = 2**23, 2**16
"""Of a BMP of runs, which Pillow decodes in Python: bytes of data, and pixels across."""
MOST_NUMBERS, PPM_HEADER_BYTES = 2**23, 2**16
"""Of a PPM that Pillow decodes in Python: in decimal, or with another largest value than 255 and 65,535."""
MOST_WEBP_CHUNKS, MOST_DIRECTORIES = 2**16, 16

Size = Callable[[bytes], tuple[int, int]]
Excess = Callable[[bytes], str | None]

_COMMENT = re.compile(rb"#[^\r\n]*[\r\n]")
_BITMAPS, _DECIMAL, _COLOURS, _GREY = (b"1", b"4"), (b"1", b"2", b"3"), (b"3", b"6"), b"5"
_RUNS = (1, 2)
_DIRECTORY = re.compile(rb"II\*\0|MM\0\*")


def _bmp_size(payload: bytes) -> tuple[int, int]:
    width, height = (int.from_bytes(payload[at : at + 4], "little", signed=True) for at in (18, 22))
    return abs(width), abs(height)


def _bmp_excess(payload: bytes) -> str | None:
    if int.from_bytes(payload[30:34], "little") not in _RUNS:
        return None
    width, size = _bmp_size(payload)[0], len(payload) - int.from_bytes(payload[10:14], "little")
    if size > MOST_RUN_BYTES:
        return f"has {size:,} bytes of runs; at most {MOST_RUN_BYTES:,} are read"
    return f"has runs in rows of {width:,} pixels; at most {WIDEST_RUNS:,} are read" if width > WIDEST_RUNS else None


def _ppm_numbers(payload: bytes) -> tuple[int, int, int]:
    """Return width, height and largest value as Pillow reads them, 1 where there is none; zeros where it can't."""
    words = _COMMENT.sub(b"", payload[2:PPM_HEADER_BYTES]).split(None, 3)
    try:
        width, height, largest = (int(word) for word in (*words[:2], b"1" if payload[1:2] in _BITMAPS else words[2]))
    except (ValueError, IndexError):
        return 0, 0, 0
    return width, height, largest


def _ppm_size(payload: bytes) -> tuple[int, int]:
    return _ppm_numbers(payload)[:2]


def _ppm_excess(payload: bytes) -> str | None:
    kind, (width, height, largest) = payload[1:2], _ppm_numbers(payload)
    if not largest:
        is_long = len(payload) > PPM_HEADER_BYTES
        return f"has no sizes in its first {PPM_HEADER_BYTES:,} bytes" if is_long else None
    is_plain = kind not in _DECIMAL and (kind == b"4" or largest == 255 or (kind == _GREY and largest == 65_535))  # noqa: PLR2004 - all bits set
    numbers = width * height * (3 if kind in _COLOURS else 1)
    if is_plain or numbers <= MOST_NUMBERS:
        return None
    return f"is a PPM of {numbers:,} numbers that are no plain bytes; at most {MOST_NUMBERS:,} of them are read"


def _webp_size(payload: bytes) -> tuple[int, int]:
    kind, data = payload[12:16], payload[20:30]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[4:7], "little"), 1 + int.from_bytes(data[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF


def _webp_excess(payload: bytes) -> str | None:
    for number, (kind, data) in enumerate(webp_chunks(payload)):
        if number >= MOST_WEBP_CHUNKS:
            return f"is of more than {MOST_WEBP_CHUNKS:,} chunks"
        if kind == b"EXIF" and (words := tiff.exif_excess(bytes(data).removeprefix(b"Exif\0\0"))):
            return words
    return None


def _box_excess(payload: bytes) -> str | None:
    """Look at all that may be EXIF data in an AVIF or HEIC, where only its decoder knows which are."""
    places = [found.start() for found in _DIRECTORY.finditer(payload)]
    if len(places) > MOST_DIRECTORIES:
        return f"has {len(places):,} beginnings of EXIF data; at most {MOST_DIRECTORIES} are read"
    return next(filter(None, (tiff.exif_excess(payload[place:]) for place in places)), None)


class Kind(NamedTuple):
    """A kind of picture.

    Args:
        starts: What its files begin with.
        size: Gives width and height from a file's bytes, zeros where they are not found.
        excess: Gives what of it costs too much, as words that go on after a file's name.
    """

    starts: bytes | tuple[bytes, ...]
    size: Size
    excess: Excess


KINDS = (
    Kind(jpeg.START, jpeg.size, jpeg.excess),
    Kind(png.START, png.size, png.excess),
    Kind(gif.STARTS, gif.size, gif.excess),
    Kind(tiff.STARTS, tiff.size, lambda payload: tiff.excess(payload, jpeg.MOST_SCANNED)),
    Kind(b"RIFF", _webp_size, _webp_excess),
    Kind(b"BM", _bmp_size, _bmp_excess),
    Kind(tuple(b"P%d" % number for number in range(1, 7)), _ppm_size, _ppm_excess),
)
"""Those whose sizes stand where they are found without a decoder; all others are boxes, as AVIF and HEIC are."""


def _kind(payload: bytes) -> Kind | None:
    return next((kind for kind in KINDS if payload.startswith(kind.starts)), None)


def require_cheap(payload: bytes, name: str) -> None:
    """Raise over a picture that would cost far more to decode than a picture of its size does.

    Args:
        payload: The bytes of its file.
        name: What to call it in the error.

    Raises:
        PictureError: It would.
    """
    kind = _kind(payload)
    if words := (_box_excess if kind is None else kind.excess)(payload):
        raise PictureError(
            f"{name} {words}", hint="open it in an editor and save it anew, as JPEG or PNG; or remove it"
        )


def is_quick(payload: bytes) -> bool:
    """Return whether a picture is surely decoded in some milliseconds."""
    kind = _kind(payload) if len(payload) <= QUICK_BYTES else None
    if kind is None:
        return False
    width, height = kind.size(payload)
    return 0 < width * height <= QUICK_PIXELS
