"""What tells, without reading a file, that it is the one that was read before."""

import os
import struct
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from sightline.data.members import plain_name
from sightline.data.sources import FolderSource, JoinedSource, Source, ZipSource

SETTLED_SECONDS = 2.0
"""A file that was written less than this ago may be written once more without another time: FAT counts in 2 seconds."""
BYTES = 16
_STATUS, _MEMBER = struct.Struct("<QQqqq"), struct.Struct("<LQQ")

Identify = Callable[[str], bytes]


def identities_of(source: Source, names: Sequence[str]) -> list[bytes]:
    """Return what stands for the present content of each file, `BYTES` bytes; ``b""`` where nothing vouches for it.

    Of a file these are its name, place on the disk, size and times; the time of its last change of any kind, which
    no program can set, is among them. Of a member of an archive they are the archive's, its place and its check sum.

    Args:
        source: Where the files are.
        names: Those that are asked about.

    Reference:
        The Git project, "Use of index and Racy Git problem". https://git-scm.com/docs/racy-git
    """
    identify = _identify(source)
    return [_digest(name, facts) if (facts := identify(name)) else b"" for name in names]


def _digest(name: str, facts: bytes) -> bytes:
    return blake2b(facts + os.fsencode(name), digest_size=BYTES).digest()


def _identify(source: Source) -> Identify:
    if isinstance(source, FolderSource):
        root = os.fspath(source.root)
        return lambda name: _status(os.path.join(root, name))  # noqa: PTH118 - a Path costs more than to ask
    if isinstance(source, ZipSource):
        return _of_members(source)
    if isinstance(source, JoinedSource):
        first, second, mark = _identify(source.first), _identify(source.second), source.mark
        return lambda name: second(name.removeprefix(mark)) if name.startswith(mark) else first(name)
    return lambda _: b""


def _status(path: str | Path) -> bytes:
    """Return what a file's status says; nothing of one that was written just now, or can't be looked at."""
    with suppress(OSError, ValueError):  # ValueError: a null byte in a name
        status = os.stat(path)  # noqa: PTH116 - as above
        latest = max(status.st_mtime_ns, status.st_ctime_ns)
        if latest < (time.time() - SETTLED_SECONDS) * 1e9:
            return _STATUS.pack(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return b""


def _of_members(source: ZipSource) -> Identify:
    archive, members = _status(source.path), source.members

    def identity(name: str) -> bytes:
        full = source.prefix + name
        member = members.get(full) or members.get(plain_name(full))
        if member is None or not archive:
            return b""
        return archive + _MEMBER.pack(member.CRC, member.file_size, member.header_offset)

    return identity
