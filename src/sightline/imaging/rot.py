"""Rot that decoders forgive: what a file shows of it without being decoded, a look for each format.

What is cut off a GIF, a compressed TIFF or any shorter file is told by Pillow. A BMP, a PPM and an uncompressed TIFF
whose end was overwritten by zeros is a picture with a black end, and can't be told from one.
"""

from collections.abc import Callable, Iterator

from sightline.imaging.formats import jpeg, png

LEAST_UNWRITTEN, UNWRITTEN_SHARE = 64, 8
"""Zeros at the end of compressed data were never written where they are at least so many, and one part in so many of
it. A picture of one colour, as libwebp codes it, ends in zeros that are one part in eighteen."""
FRAME_HEADER = 16
"""Bytes of a WebP frame's place, size and time, after which its own chunks come."""


def webp_rot(payload: bytes) -> str | None:
    """Return whether the end of a WebP's coded pictures was never written; libwebp makes colours of the zeros.

    Reference:
        Zern, Massimino and Alakuijala, "WebP Image Format", RFC 9649 (2024), section 2: a file is a row of chunks.
        https://www.rfc-editor.org/rfc/rfc9649
    """
    parts = (part for kind, part in webp_chunks(payload) if kind in (b"VP8 ", b"VP8L"))
    return "is damaged: the WebP's picture data ends in zeros" if any(map(_is_unwritten, parts)) else None


def avif_rot(payload: bytes) -> str | None:
    """Return whether the end of an AVIF's coded pictures was never written.

    Reference:
        ISO/IEC 14496-12 (2022), section 4.2: a file is a row of boxes; coded data lie in those called mdat.
    """
    parts = (part for kind, part in _boxes(payload) if kind == b"mdat")
    return "is damaged: the AVIF's picture data ends in zeros" if any(map(_is_unwritten, parts)) else None


def _is_unwritten(part: memoryview) -> bool:
    zeros = max(LEAST_UNWRITTEN, len(part) // UNWRITTEN_SHARE)
    return len(part) >= zeros and not any(part[-zeros:])


def webp_chunks(payload: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield type and data of each chunk of a RIFF file, those inside of frames too; what follows its end is none."""
    end = 8 + int.from_bytes(payload[4:8], "little")
    view, position = memoryview(payload)[:end], len(b"RIFFsizeWEBP")
    while position + 8 <= len(view):
        kind, size = bytes(view[position : position + 4]), int.from_bytes(view[position + 4 : position + 8], "little")
        yield kind, view[position + 8 : position + 8 + size]
        position += 8 + (FRAME_HEADER if kind == b"ANMF" else size + size % 2)


def _boxes(payload: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield type and data of each outermost box of an ISO base media file."""
    view, position = memoryview(payload), 0
    while position + 8 <= len(view):
        size, kind, header = int.from_bytes(view[position : position + 4]), bytes(view[position + 4 : position + 8]), 8
        if size == 1:
            size, header = int.from_bytes(view[position + 8 : position + 16]), 16
        end = position + size if size else len(view)
        yield kind, view[position + header : end]
        if end < position + header:
            return
        position = end


ROT: dict[str, Callable[[bytes], str | None]] = {
    "JPEG": jpeg.rot,
    "MPO": jpeg.rot,
    "PNG": png.rot,
    "WEBP": webp_rot,
    "AVIF": avif_rot,
}
"""By Pillow's name of a format, what looks for rot in a file's bytes."""
