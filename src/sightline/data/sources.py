"""Where a catalog's pictures are: a folder, a zip archive, or an array."""

import os
import stat
import struct
import zipfile
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sightline.core.errors import DataError, PictureError
from sightline.core.regular import require_regular
from sightline.core.text import shortened
from sightline.data.members import ENCRYPTED, MemberReader, plain_name
from sightline.imaging.budget import MAX_BYTES
from sightline.imaging.photo import Payload, Pixels

MOST_SIGNS = 1_000
"""Of a path in a message; a longer one, which a table may hold, leads to no file."""
COPY_AGAIN = "copy the file again, or remove it"
READING = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


class Source(Protocol):
    """Anything that gives a picture's payload by its name; safe to call from several threads."""

    def read(self, name: str) -> Payload:
        """Return the picture's payload.

        Raises:
            PictureError: There is no such picture, or it may not or can't be read.
        """

    def holds(self, name: str) -> bool:
        """Return whether there is a picture of this name, whatever state it is in."""


@dataclass(frozen=True)
class FolderSource:
    """Files below a folder; a name may also be an absolute path.

    Args:
        root: The folder that names are relative to.
    """

    root: Path

    def read(self, name: str) -> bytes:
        """Return a file's bytes; only regular files of bounded size are opened."""
        path = os.path.join(self.root, name)  # noqa: PTH118 - a Path costs more than to read a small file
        try:
            status = os.stat(path)  # noqa: PTH116 - the same
            if not stat.S_ISREG(status.st_mode):
                raise PictureError(f"{name} is no regular file", hint="put a picture file in its place")
            _check_size(name, status.st_size)
            return _content(path, status.st_size)
        except (FileNotFoundError, ValueError) as error:  # ValueError: a name from a table with a null byte in it
            raise PictureError(f"{shortened(path, MOST_SIGNS)} does not exist", hint=COPY_AGAIN) from error
        except OSError as error:
            raise PictureError(
                f"{shortened(name, MOST_SIGNS)} can't be opened: {error.strerror}",
                hint="look at its permissions with ls -l",
            ) from error

    def holds(self, name: str) -> bool:
        """Return whether there is a regular file of this name."""
        return os.path.isfile(os.path.join(self.root, name))  # noqa: PTH113, PTH118 - Path raises over long names


def _content(path: str, size: int) -> bytes:
    """Return a file's bytes; of a small one in half the time of `open`, which holds Python's lock."""
    handle = os.open(path, READING)
    try:
        content = os.read(handle, size)
        while len(content) < size and (more := os.read(handle, size - len(content))):
            content += more
        return content
    finally:
        os.close(handle)


@dataclass(frozen=True)
class ZipSource:
    """Members of a zip archive, read where they are; nothing is unpacked.

    Args:
        path: A zip archive, which is opened here.
        prefix: Put before every name, for archives that wrap everything in one folder.
    """

    path: Path
    prefix: str = ""
    archive: zipfile.ZipFile = field(init=False, repr=False, compare=False)
    members: dict[str, zipfile.ZipInfo] = field(init=False, repr=False, compare=False)
    reader: MemberReader = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Open the archive."""
        try:
            require_regular(self.path)
            object.__setattr__(self, "archive", zipfile.ZipFile(self.path))
            object.__setattr__(self, "reader", MemberReader(self.path, self.archive))
        except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OverflowError) as error:
            raise DataError(f"{self.path} is no zip archive that can be read: {error}", hint=COPY_AGAIN) from error
        members = {plain_name(member.filename): member for member in self.archive.infolist()}
        object.__setattr__(self, "members", members)

    def below(self, prefix: str) -> "ZipSource":
        """Return the same open archive, with something else put before every name."""
        other = copy(self)
        object.__setattr__(other, "prefix", prefix)
        return other

    def read(self, name: str) -> bytes:
        """Return a member's bytes; its size is bounded before it is unpacked."""
        try:
            member = self.members.get(self.prefix + name) or self.members[plain_name(self.prefix + name)]
        except KeyError as error:
            raise PictureError(
                f"{shortened(name, MOST_SIGNS)} does not exist in {self.path.name}", hint=COPY_AGAIN
            ) from error
        _check_size(name, member.file_size)
        if is_encrypted(member):
            raise PictureError(f"{name} is encrypted", hint="pack the archive again without a password")
        try:
            return self.reader.read(member)
        except Exception as error:  # zlib.error, BadZipFile, RuntimeError (encrypted), NotImplementedError
            hint = "pack the archive again, with deflate or without compression"
            raise PictureError(f"{name} can't be unpacked: {error}", hint=hint) from error

    def holds(self, name: str) -> bool:
        """Return whether there is a member of this name."""
        return self.prefix + name in self.members or plain_name(self.prefix + name) in self.members


def is_encrypted(member: zipfile.ZipInfo) -> bool:
    """Return whether a member can't be read without a password."""
    return bool(member.flag_bits & ENCRYPTED)


def _check_size(name: str, size: int) -> None:
    if size > MAX_BYTES:
        raise PictureError(
            f"{name} has {size:,} bytes; at most {MAX_BYTES:,} are read",
            hint="reduce the picture, or remove it if it should not be that large",
        )


def place_of(source: Source) -> Path | None:
    """Return the folder or archive that a source reads; None where it is neither."""
    if isinstance(source, FolderSource):
        return source.root
    return source.path if isinstance(source, ZipSource) else None


def places_of(source: Source) -> tuple[Path, ...]:
    """Return every folder and archive that a source reads; none where one of its parts is neither."""
    if isinstance(source, JoinedSource):
        parts = places_of(source.first), places_of(source.second)
        return (*parts[0], *parts[1]) if all(parts) else ()
    place = place_of(source)
    return (place,) if place else ()


@dataclass(frozen=True)
class JoinedSource:
    """Two sources behind each other; the names of the second begin with a mark that none of the first has.

    Args:
        first: Gives every other name.
        second: Gives what follows the mark.
        mark: The beginning of the second's names.
    """

    first: Source
    second: Source
    mark: str

    def read(self, name: str) -> Payload:
        """Return the picture's payload, from the source that has it."""
        if name.startswith(self.mark):
            return self.second.read(name.removeprefix(self.mark))
        return self.first.read(name)

    def holds(self, name: str) -> bool:
        """Return whether the source that the name belongs to has such a picture."""
        if name.startswith(self.mark):
            return self.second.holds(name.removeprefix(self.mark))
        return self.first.holds(name)


@dataclass(frozen=True)
class ArraySource:
    """Pictures that are arrays already, named by their number: ``"digits/0042"``.

    Args:
        pictures: (N, H, W) or (N, H, W, C) uint8.
    """

    pictures: Pixels

    def read(self, name: str) -> Pixels:
        """Return the picture whose number ends the name."""
        picture: Pixels = self.pictures[int(name.rsplit("/", 1)[-1])]
        return picture

    def holds(self, name: str) -> bool:
        """Return whether a picture has the number that ends the name."""
        number = name.rsplit("/", 1)[-1]
        return number.isdecimal() and int(number) < len(self.pictures)
