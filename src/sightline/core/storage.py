"""Files that appear whole or not at all."""

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file aside, flush it to the disk, then rename it into place.

    A reader, or a process killed at any moment, sees the old file or the new one, never a part.

    Args:
        path: Where the file shall be; its folder must exist.
        content: Bytes, or text that is written as UTF-8; file names that are not valid text keep their bytes.
    """
    payload = content.encode(errors="surrogateescape") if isinstance(content, str) else content
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as aside:
            aside.write(payload)
            aside.flush()
            os.fsync(aside.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any) -> None:
    """Write strictly valid, readable JSON; a NaN is a programmer's slip and raises ``ValueError``."""
    write_whole(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a CSV file's text with a header line, as RFC 4180 has it but with plain line feeds."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file with a header line, whole or not at all."""
    write_whole(path, csv_text(header, rows))
