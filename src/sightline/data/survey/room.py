"""Room in a folder of caches: what was used least recently makes way for what is new."""

import shutil
from pathlib import Path

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
