"""Reading regular files alone: a pipe, a device or a socket in the place of one would keep its reader waiting."""

import errno
import io
import os
import stat
import sys
from pathlib import Path

_FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def only_regular(path: str | os.PathLike[str], flags: int) -> int:
    """Open a file as `open` does that is given this as its ``opener``; nothing is waited for.

    Args:
        path: The file that is opened.
        flags: Of the system's call.

    Raises:
        OSError: It is no regular file, or can't be opened.

    Example:
        >>> with open(__file__, opener=only_regular) as file:
        ...     file.read(3)
        '\"\"\"'
    """
    require_regular(path)  # first, for to open a device may do something
    handle = os.open(path, flags | _FLAGS)
    try:
        _require(os.fstat(handle), path)
    except OSError:
        os.close(handle)
        raise
    return handle


def require_regular(path: str | os.PathLike[str]) -> None:
    """Raise unless a path leads to a regular file; for those that others open.

    Raises:
        OSError: It leads to something else, or nowhere.
    """
    _require(os.stat(path), path)  # noqa: PTH116 - it may be no Path


def _require(status: os.stat_result, path: str | os.PathLike[str]) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", os.fspath(path))


def content_of(path: Path, *, most: int = sys.maxsize) -> bytes:
    """Return the bytes of a regular file.

    Args:
        path: The file that is read.
        most: Bytes; of a larger file none is read.

    Raises:
        OSError: It is something else, too large, or can't be read.
    """
    with io.FileIO(path, opener=only_regular) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise OSError(errno.EFBIG, f"it has {size:,} bytes; at most {most:,} are read", os.fspath(path))
        return file.readall()


def head_of(path: Path, size: int) -> bytes:
    """Return the first bytes of a regular file, at most so many.

    Raises:
        OSError: It is something else, or can't be read.
    """
    with open(path, "rb", opener=only_regular) as file:
        return file.read(size)


def text_of(path: Path, *, errors: str = "strict") -> str:
    """Return the text of a regular file in UTF-8, with the line ends that it has.

    Args:
        path: The file that is read.
        errors: What becomes of bytes that are no text, as `bytes.decode` has it.

    Raises:
        OSError: It is something else, or can't be read.
        UnicodeDecodeError: It is no text.
    """
    with open(path, encoding="utf-8", errors=errors, newline="", opener=only_regular) as file:
        return file.read()
