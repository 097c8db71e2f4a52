"""A lock that lets one process at a time write a file or folder."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from sightline.core.errors import BusyError
from sightline.core.storage import unwritable


@contextmanager
def locked(lock: Path, what: Path, *, patience_seconds: float = 0) -> Iterator[None]:
    """Hold a lock, so that no second process writes the same; it ends with the process, however that ends.

    Args:
        lock: The lock's file; it and its folder are made where they are missing.
        what: The file or folder that is written, for the message.
        patience_seconds: How long to wait for another process that has it, 0 or more.

    Raises:
        BusyError: Another process has the lock.
        RunError: Its file can't be made.
    """
    if lock.is_symlink():  # an older filelock would empty what a stranger's folder links to
        raise unwritable(what, OSError(errno.ELOOP, "its lock is a link"))
    file = filelock.FileLock(lock)
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file.acquire(timeout=patience_seconds)
    except filelock.Timeout as error:
        raise BusyError(
            f"another process works on {what} at this moment", hint="wait until it ends, or choose another --out"
        ) from error
    except OSError as error:
        raise unwritable(what, error) from error
    try:
        yield
    finally:
        file.release()
