"""Members of a zip archive, each read in one piece."""

import struct
import zipfile
import zlib
from itertools import pairwise
from pathlib import Path, PurePosixPath

from sightline.data.ranges import RangeReader

_HEADER = struct.Struct("<4s2xH18xHH")
_SIGNATURE = b"PK\x03\x04"
_HEADER_BYTES = 512
"""Read before a member's data: header, name and extra field mostly fit; longer ones are left to `zipfile`."""
ENCRYPTED, _PATCHED, _UTF8 = 0x01, 0x20, 0x800
"""Bits of a member's flags."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How a member may be packed: what others unpack to can't be bounded while they do."""
OTHER_METHODS = {9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd"}
OVERLAP = "it overlaps another member"


class MemberReader:
    """Reads what is plain in a zip archive several times as fast as `zipfile`, and leaves the rest to it.

    For a picture of a kilobyte `zipfile` takes a third of the time that decoding it takes. Every check that it
    makes is also here: signature, name, encryption, overlap, length and check sum. Whoever reads, no more is unpacked
    than a member says that it has, and what lies inside of another member is not read at all: a few bytes could
    be unpacked a thousand times. Safe to use from several threads.

    Reference:
        PKWARE, ".ZIP File Format Specification" 6.3.10 (2022), section 4.3.7, local file header.
        https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._ranges = RangeReader(path)
        starts = sorted((member.header_offset for member in archive.infolist()), reverse=True)
        self._ends = {start: end for end, start in pairwise([archive.start_dir, *starts])}

    def read(self, member: zipfile.ZipInfo) -> bytes:
        """Return a member's bytes.

        Raises:
            zipfile.BadZipFile: It overlaps another member, or is packed otherwise than by deflate.
            Exception: Whatever `zipfile.ZipFile.open` and reading raise.
        """
        if member.compress_type not in METHODS:
            method = OTHER_METHODS.get(member.compress_type, f"method {member.compress_type}")
            raise zipfile.BadZipFile(f"it is packed by {method}; stored and deflated members are read")
        packed = self._packed(member)
        payload = None if packed is None else _unpacked(packed, member)
        if payload is not None:
            return payload
        with self._archive.open(member) as stream:
            return stream.read(member.file_size + 1)

    def _packed(self, member: zipfile.ZipInfo) -> bytes | None:
        """Return a member's bytes as they are stored, or None if anything about it is not plain."""
        room = self._ends[member.header_offset] - member.header_offset
        if member.compress_size > room:  # before that much memory is asked for
            raise zipfile.BadZipFile(OVERLAP)
        block = self._ranges.read(_HEADER_BYTES + member.compress_size, member.header_offset)
        if len(block) < _HEADER.size:
            return None
        signature, flags, name_bytes, extra_bytes = _HEADER.unpack_from(block)
        name_end = _HEADER.size + name_bytes
        start = name_end + extra_bytes
        end = start + member.compress_size
        if signature == _SIGNATURE and end > room:
            raise zipfile.BadZipFile(OVERLAP)
        name = block[_HEADER.size : name_end].decode("utf-8" if flags & _UTF8 else "cp437", errors="replace")
        if signature != _SIGNATURE or member.flag_bits & (ENCRYPTED | _PATCHED) or name != member.orig_filename:
            return None
        return block[start:end]


def _unpacked(packed: bytes, member: zipfile.ZipInfo) -> bytes | None:
    """Return a stored or deflated member's bytes, or None if they are not whole."""
    payload = packed
    if member.compress_type == zipfile.ZIP_DEFLATED:
        payload = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, member.file_size + 1)
    return payload if len(payload) == member.file_size and zlib.crc32(payload) == member.CRC else None


def is_folder(member: zipfile.ZipInfo) -> bool:
    """Return whether a member is a folder; `zipfile` raises over an empty name before Python 3.12."""
    return member.filename.endswith("/")


def plain_name(member: str) -> str:
    """Return a member's name without ``./``, doubled slashes and a slash at its end, which some archivers write.

    Example:
        >>> [plain_name(name) for name in ("./cats//1.jpg", "cats/", "cats/1.jpg")]
        ['cats/1.jpg', 'cats', 'cats/1.jpg']
    """
    odd = member.startswith("./") or member.endswith("/") or "/./" in member or "//" in member
    return PurePosixPath(member).as_posix() if odd else member
