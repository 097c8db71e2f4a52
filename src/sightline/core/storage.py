"""Files that appear whole or not at all; what hinders that is said in words."""

import csv
import errno
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from sightline.core.errors import RunError, SightlineError

ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What a system says where there is no room left: on the disk, for the user, in one file."""
SHOWN_SIGNS = 80
"""Of a name that is too long, in an error."""
NAME_SIGNS = 40
"""Of a file's name, in the name of the one that is written aside: a name may be as long as the disk allows."""


def unwritable(path: Path, error: OSError) -> RunError:
    """Return the error of a file or folder that can't be written, with what helps."""
    hint = "choose another place, or ask for the right to write there"
    if error.errno in ROOM:
        hint = "make room and give the same command again, or choose another place; what was finished is kept"
    elif error.errno == errno.ENAMETOOLONG:
        hint = "choose a shorter name"
    return RunError(f"{path} can't be written: {error.strerror or error}", hint=hint)


def require_nameable(place: str | os.PathLike[str], error: type[SightlineError]) -> None:
    """Raise if the system can hold nothing of such a name: it is too long, or has a null byte in it.

    Args:
        place: A path; nothing need be there.
        error: The class of the error that is raised.

    Raises:
        SightlineError: Of the class that was named.
    """
    problem = ""
    try:
        os.stat(place)  # noqa: PTH116 - Path raises over these names itself
    except ValueError:
        problem = "has a null byte in it"
    except OSError as refused:
        problem = "is too long for this system" if refused.errno == errno.ENAMETOOLONG else ""
    if problem:
        name = os.fspath(place)
        shown = name if len(name) <= SHOWN_SIGNS else f"{name[:SHOWN_SIGNS]}..."
        raise error(f"the name {shown!a} {problem}", hint="choose a shorter name, or mend the path")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say what the system has against a file or folder that is written within.

    Raises:
        RunError: The system has something against it.
    """
    try:
        yield
    except OSError as error:
        raise unwritable(path, error) from error


def require_writable(path: Path) -> None:
    """Raise before any work if a file or folder can't be written in the end; nothing is made.

    Args:
        path: Need not exist, nor need the folders above it.

    Raises:
        RunError: The nearest folder above it that exists, or it itself, is closed to this user or is no folder.
    """
    with writing(path):
        place = path if path.is_dir() else path.parent
        while not place.exists():
            place = place.parent
        if not place.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"{place} is no folder")
        if not os.access(place, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, f"{place} is closed to writing")


def reserve(handle: int, size: int) -> None:
    """Have the disk keep room for a file that will be mapped into memory.

    A write to a mapping for which the disk has no room kills the process.

    Args:
        handle: Of an open file.
        size: In bytes; nothing is kept for 0, or where the system can't.

    Raises:
        OSError: There is no room.
    """
    if not size or not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(handle, 0, size)
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
            raise


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file aside, flush it to the disk, then rename it into place.

    A reader, or a process killed at any moment, sees the old file or the new one, never a part.

    Args:
        path: Where the file shall be; its folder must exist.
        content: Bytes, or text that is written as UTF-8; file names that are not valid text keep their bytes.

    Raises:
        RunError: It can't be written.
    """
    write_together({path: content})


def write_together(contents: Mapping[Path, bytes | str]) -> None:
    """Write several files, each as `write_whole` does; none is put into place before the disk holds all of them.

    Args:
        contents: What each file shall hold.

    Raises:
        RunError: One of them can't be written.
    """
    with ExitStack() as litter:
        aside = {}
        for path, content in contents.items():
            payload = content.encode(errors="surrogateescape") if isinstance(content, str) else content
            with writing(path):
                aside[path] = _written_aside(path, (payload,), litter)
        for path, name in aside.items():
            with writing(path):
                name.replace(path)


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file as `write_whole` does, of pieces that need not be in memory together.

    Args:
        path: Where the file shall be; its folder must exist.
        pieces: If asking for one raises an error, nothing is kept.

    Raises:
        RunError: It can't be written.
    """
    with ExitStack() as litter, writing(path):
        _written_aside(path, pieces, litter).replace(path)


def _written_aside(path: Path, pieces: Iterable[bytes], litter: ExitStack) -> Path:
    """Write a file beside its place, flushed to the disk; what is still there when the stack ends is removed."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:NAME_SIGNS]}.")
    litter.callback(_remove, Path(name))
    with os.fdopen(handle, "wb") as aside:
        for piece in pieces:
            aside.write(piece)
        aside.flush()
        os.fsync(aside.fileno())
    Path(name).chmod(0o644)
    return Path(name)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


def json_text(value: Any) -> str:
    """Return strictly valid, readable JSON; a NaN is a programmer's slip and raises ``ValueError``."""
    return json.dumps(value, indent=2, allow_nan=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write strictly valid, readable JSON, whole or not at all."""
    write_whole(path, json_text(value))


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a CSV file's text with a header line, as RFC 4180 has it but with plain line feeds."""
    text = io.StringIO()
    write = csv_row_writer(text)
    for row in (header, *rows):
        write(row)
    return text.getvalue()


def csv_row_writer(stream: TextIO) -> Callable[[Sequence[object]], None]:
    """Return a function that writes a row of a CSV file, which any reader reads back as it was."""
    plain = csv.writer(stream, lineterminator="\n")
    quoting = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def write(row: Sequence[object]) -> None:
        # Before Python 3.13 a carriage return alone is not quoted, and then ends the row for every reader.
        writer = quoting if any(isinstance(cell, str) and "\r" in cell for cell in row) else plain
        writer.writerow(row)

    return write


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file with a header line, whole or not at all."""
    write_whole(path, csv_text(header, rows))
