"""One process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from sightline.core.errors import RunError


@contextmanager
def locked(lock: Path, what: Path) -> Iterator[None]:
    """Keep a second process away from what is written; the lock ends with the process, however it ends.

    Args:
        lock: A file for the lock, made if it is not there; so is its folder.
        what: What is written.

    Raises:
        RunError: Another process has the lock, or its file can't be made.
    """
    file = filelock.FileLock(lock)
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file.acquire(timeout=0)
    except filelock.Timeout as error:
        raise RunError(
            f"another process works on {what} at this moment", hint="wait until it ends, or choose another --out"
        ) from error
    except OSError as error:
        raise RunError(f"{what} can't be written: {error}", hint="choose another --out") from error
    try:
        yield
    finally:
        file.release()
