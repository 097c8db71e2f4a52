"""Room in a folder of caches: what was used least recently makes way for what is new."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sightline.data.cache_folder import require_own

DISK_SHARE = 10
"""What is kept takes at most one part in this many of what is free."""


def make_room(path: Path, needed: int, *, suffix: str, most_bytes: int) -> bool:
    """Throw out what was used least recently until a file of this size fits beside the rest; False if it can't.

    Args:
        path: Of the file, which may exist already.
        needed: How many bytes it will have.
        suffix: Of the names of the files beside it that may be thrown out.
        most_bytes: That all of them may take together.

    Raises:
        OSError: The folder can't be read, or a file not removed.
    """
    others = sorted(
        ((other.stat(), other) for other in path.parent.glob(f"*{suffix}") if other != path),
        key=lambda held: held[0].st_mtime_ns,
    )
    held = sum(status.st_size for status, _ in others)
    most = min(most_bytes, (shutil.disk_usage(path.parent).free + held) // DISK_SHARE)
    if needed > most:
        return False
    for status, other in others:
        if held + needed > most:
            other.unlink(missing_ok=True)
            held -= status.st_size
    return True


@contextmanager
def kept_file(path: Path, needed: int, *, suffix: str, most_bytes: int) -> Iterator[IO[bytes]]:
    """Yield a file that is renamed into place when the block ends well; `make_room` makes room for it.

    Nothing is flushed to the disk: after a power failure the check sums tell what did not get there.

    Raises:
        OSError: There is no room, the folder is not this user's own, or the file can't be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_own(path.parent)
    if not make_room(path, needed, suffix=suffix, most_bytes=most_bytes):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=suffix)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
