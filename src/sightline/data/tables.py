"""A CSV file with the columns path, label and, if wanted, group and split; a row without a label is unlabelled."""

import csv
import io

from sightline.core.errors import DataError
from sightline.core.findings import Finding
from sightline.data.catalog import PART_NAMES, Catalog, Sample, catalog_of
from sightline.data.sources import Source

EXPECTED = ("path", "label")
KNOWN = (*EXPECTED, "group", "split")
SHOWN_MISTAKES = 10
SURPLUS = "surplus"


def is_table(payload: bytes) -> bool:
    """Return whether a CSV file that lies among pictures is a table of samples: its first line names path and label."""
    first = payload.split(b"\n", 1)[0].decode("utf-8-sig", errors="replace")
    return set(EXPECTED) <= {column.strip().strip('"').strip() for column in first.split(",")}


def read_table(payload: bytes, *, name: str, source: Source, findings: tuple[Finding, ...] = ()) -> Catalog:
    """Make a catalog from a table.

    Args:
        payload: The CSV file's bytes, UTF-8 with or without a byte order mark.
        name: What to call the table.
        source: Where its paths lead to.
        findings: What was noticed while the folder was listed.

    Raises:
        DataError: With every mistake of the table at once: no path column, unknown columns, rows without
            a path or with too many cells, unknown words for a part, a path named twice, no row at all.
    """
    try:
        reader = csv.DictReader(io.StringIO(payload.decode("utf-8-sig"), newline=""), strict=True)
        columns = tuple((column or "").strip() for column in reader.fieldnames or ())
        reader.fieldnames = list(columns)
        _check_columns(columns, name)
        rows = [(reader.line_num, _cells(row)) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{name} is no CSV file in UTF-8: {error}", hint="save it as CSV, UTF-8") from error
    _check_rows(rows, name)
    samples = [
        Sample(
            path=row["path"],
            label=row.get("label") or None,
            group=row.get("group", ""),
            part=PART_NAMES.get(row.get("split", "").casefold(), ""),
        )
        for _, row in rows
    ]
    return catalog_of(samples, name=name, source=source, findings=findings)


def _cells(row: dict[str | None, str | list[str] | None]) -> dict[str, str]:
    """Return a row's cells without the space around them; those past the last column are the surplus."""
    return {
        key or SURPLUS: ",".join(value) if isinstance(value, list) else (value or "").strip()
        for key, value in row.items()
    }


def _check_columns(columns: tuple[str, ...], name: str) -> None:
    missing = [column for column in EXPECTED if column not in columns]
    unknown = [column for column in columns if column not in KNOWN]
    if unknown or "path" in missing:  # a table without labels is one; an unknown column may be meant for them
        raise DataError(
            f"{name} has the columns {', '.join(columns) or '(none)'}; expected path[,label][,group][,split]"
            + (f"; missing: {', '.join(missing)}" if missing else "")
            + (f"; unknown: {', '.join(unknown)}" if unknown else ""),
            hint="write them in the first line, with commas between",
        )


def _check_rows(rows: list[tuple[int, dict[str, str]]], name: str) -> None:
    mistakes, line_of = [], dict[str, int]()
    for line, row in rows:
        if not row["path"]:
            mistakes.append(f"line {line}: no path")
        if (part := row.get("split", "")) and part.casefold() not in PART_NAMES:
            mistakes.append(f"line {line}: split {part!r} is none of {', '.join(PART_NAMES)}")
        if surplus := row.get(SURPLUS, "").strip(" ,"):
            mistakes.append(f"line {line}: more cells than columns: {surplus!r}; a name with a comma needs quotes")
        if row["path"] in line_of:
            mistakes.append(f"line {line}: {row['path']} stands in line {line_of[row['path']]} already")
        line_of.setdefault(row["path"], line)
    if not rows:
        mistakes.append("there is no row below the first line")
    if mistakes:
        more = len(mistakes) - SHOWN_MISTAKES
        raise DataError(
            f"{name}: {'; '.join(mistakes[:SHOWN_MISTAKES])}" + (f"; and {more} more" if more > 0 else ""),
            hint="mend the lines; a picture has one line and at most one label",
        )
