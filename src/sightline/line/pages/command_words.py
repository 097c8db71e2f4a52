"""Paths as the words of a command line."""

import shlex
from pathlib import Path


def file_of(data: str | None, name: str) -> Path | None:
    """Return a picture's file, if it is one that a command can be given."""
    if data is None or not name or not Path(data).exists():
        return None
    root = Path(data) if Path(data).is_dir() else Path(data).parent
    return root / name if (root / name).is_file() else None


def as_word(path: Path | str) -> str:
    """Return a path as one word of a command line, and never as a flag."""
    text = str(path)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)
