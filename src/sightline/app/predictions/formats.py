"""The kinds of files that answers are kept in: how each grows, is read back, and is finished."""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from sightline.app.predictions.rows import CLOSING, AnsweringModel, Csv, JsonLines, SignedLines, Writer
from sightline.core.choose import require_extra
from sightline.core.errors import SettingsError
from sightline.core.text import escaped

ROWS_A_GROUP = 16_384
"""Answers that are in memory while a Parquet file is written."""


@dataclass(frozen=True)
class KeptRow:
    """A row that stands in a part of a file.

    Args:
        path: The picture's name, as the user wrote it.
        unreadable: Whether the answer is an error.
        end: Where the next row begins, in bytes.
    """

    path: str
    unreadable: bool
    end: int


@dataclass(frozen=True)
class Kind:
    """A kind of file; its part, while it grows, is CSV or JSON lines.

    Args:
        rows: Writes the part, a row a picture.
        kept: Reads the part back, up to a row that is not whole: from a stream, with these columns.
        finish: Makes the file of the whole part, with these columns, of this model; None if they are the same.
        require: Raises MissingExtraError if a package that `finish` needs is not installed.
    """

    rows: Writer
    kept: Callable[[BinaryIO, list[str]], Iterator[KeptRow]]
    finish: Callable[[Path, Path, list[str], AnsweringModel], None] | None = None
    require: Callable[[], None] = lambda: None


def kind_of(path: Path) -> Kind:
    """Return the kind of file that a path's ending names.

    Raises:
        SettingsError: It names none.
        MissingExtraError: The kind's package is not installed.
    """
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise SettingsError(f"--out is {path}; its ending names no kind of file", hint=f"end it in {', '.join(KINDS)}")
    kind.require()
    return kind


def _kept_in_csv(stream: BinaryIO, columns: list[str]) -> Iterator[KeptRow]:
    end = 0

    def lines() -> Iterator[str]:
        nonlocal end
        for line in stream:
            if line.endswith(b"\n"):
                end += len(line)
                yield line.decode(errors="surrogateescape")

    with suppress(csv.Error):  # a quoted cell was cut off
        rows = csv.reader(lines(), strict=True)
        if next(rows, None) == columns:
            for row in rows:
                if len(row) != len(columns):
                    return
                yield KeptRow(row[0], bool(row[-1]), end)


def _kept_in_lines(stream: BinaryIO, _: list[str]) -> Iterator[KeptRow]:
    end = 0
    with suppress(ValueError, KeyError, TypeError):  # a line was damaged
        for line in stream:
            if line.endswith(b"\n"):
                row, end = json.loads(line), end + len(line)
                yield KeptRow(row["name"], "error" in row, end)


def _write_document(part: Path, path: Path, _: list[str], origin: AnsweringModel) -> None:
    before = f"{origin.opening}\n  ".encode()
    with part.open("rb") as lines, path.open("wb") as document:
        for line in lines:
            document.write(before + line.removesuffix(b"\n"))
            before = b",\n  "
        document.write(CLOSING.encode())


def _require_parquet() -> None:
    require_extra("pyarrow", extra="parquet", purpose="a Parquet file")


def _write_parquet(part: Path, path: Path, columns: list[str], _: AnsweringModel) -> None:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    kinds = {"probability": pa.float32(), "set": pa.list_(pa.string())}
    kinds |= {"distance": pa.float32()}
    schema = pa.schema([(column, kinds.get(column.rstrip("0123456789"), pa.string())) for column in columns])
    with part.open("rb") as lines, ParquetWriter(path, schema) as writer:
        rows = (_cells(json.loads(line)) for line in lines)
        while group := list(islice(rows, ROWS_A_GROUP)):
            writer.write_table(pa.Table.from_pylist(group, schema=schema))


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON object's values by their columns; what is no text in a name is written as escapes."""
    error = row.get("error", {}).get("problem")
    members = row.get("set") and [escaped(name) for name in row["set"]]
    match = row.get("match") or {}
    picture = (match["picture"] or match["digest"]) if match else None
    nearest = {"nearest": picture and escaped(picture), "distance": match.get("distance")}
    refused = "yes" if row.get("refused") else ""
    cells = {"set": members, "refused": refused, "path": escaped(row["name"]), "error": error and escaped(error)}
    cells |= nearest
    for place, answer in enumerate(row.get("probabilities", ()), start=1):
        cells |= {f"label{place}": escaped(answer["label"]), f"probability{place}": answer["probability"]}
    return cells


KINDS = {
    ".csv": Kind(Csv, _kept_in_csv),
    ".json": Kind(JsonLines, _kept_in_lines, _write_document),
    ".jsonl": Kind(SignedLines, _kept_in_lines),
    ".parquet": Kind(JsonLines, _kept_in_lines, _write_parquet, _require_parquet),
}
"""The kinds of files by their endings."""
