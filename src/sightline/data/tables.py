"""A table of samples: paths, labels and, if wanted, groups and parts; a row without a label is unlabelled."""

import csv
from collections.abc import Iterator

from sightline.core.errors import DataError
from sightline.core.findings import Finding, Severity
from sightline.core.text import listed, shortened
from sightline.data.catalog import PART_NAMES, Catalog, Sample, catalog_of
from sightline.data.sources import Source
from sightline.data.table.columns import GROUP, LABEL, MOST_COLUMNS, NAMES, PATH, SPLIT, Columns, columns_of
from sightline.data.table.several_labels import ONE_EACH, require_one_label
from sightline.data.table.table_paths import Folders, TablePaths
from sightline.data.table.table_text import rows_of, table_text

ENDINGS = (".csv", ".tsv")
SHOWN_MISTAKES = 10
HEAD_BYTES = 2**16
"""Of a file that may be a table; its columns are named within them."""
SURPLUS, OTHER = "surplus", "column:"
"""What stands in a row beside its roles: cells past the columns, and those of each further column."""

Row = dict[str, str]


def is_table(payload: bytes) -> bool:
    """Return whether a file that lies among pictures is a table of samples: its columns may be path and label."""
    head = table_text(payload[:HEAD_BYTES], errors="replace")
    try:
        columns = columns_of("".join(head.splitlines(keepends=True)[:2]))
    except csv.Error:
        return False
    return columns.may_be(PATH) and columns.may_be(LABEL)


def read_table(
    payload: bytes, *, name: str, source: Source, folders: Folders = tuple, findings: tuple[Finding, ...] = ()
) -> Catalog:
    """Make a catalog from a table.

    Args:
        payload: The file's bytes, UTF-8 with or without a byte order mark, or UTF-16 with one, as Excel writes
            "Unicode text"; commas, semicolons, tabs or bars between the cells.
        name: What to call the table.
        source: Where its paths lead to.
        folders: Called for those beside the table, where no path leads anywhere.
        findings: What was noticed while the folder was listed.

    Raises:
        DataError: With every mistake of the table at once: no path column, several for one thing, unknown ones where
            the label is missing, rows without a path or with too many cells, unknown words for a part, a path named
            twice, no row at all.
    """
    try:
        text = table_text(payload)
        columns = columns_of(text)
        require_one_label(text, columns, name)
        _check_columns(columns, name)
        rows = list(_rows(text, columns))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{name} is no CSV file in UTF-8 or UTF-16: {error}", hint="save it as CSV, UTF-8") from error
    paths, moved = TablePaths([row[PATH] for _, row in rows], source, folders).located()
    rows = [(line, row | {PATH: path}) for (line, row), path in zip(rows, paths, strict=True)]
    _check_rows(rows, name)
    others = sorted(columns.others)
    samples = [
        Sample(
            path=row[PATH],
            label=row.get(LABEL) or None,
            group=row.get(GROUP, ""),
            part=PART_NAMES.get(row.get(SPLIT, "").casefold(), ""),
            others=tuple(row[f"{OTHER}{other}"] for other in others),
        )
        for _, row in rows
    ]
    noticed = (*findings, *_reading(columns), *moved)
    return catalog_of(samples, name=name, source=source, findings=noticed, columns=others)


def _rows(text: str, columns: Columns) -> Iterator[tuple[int, Row]]:
    """Yield each row's line and cells by their roles, without the space around; those past the columns are surplus."""
    reader = rows_of(text, columns.delimiter)
    next(reader, None)
    places = columns.roles | {f"{OTHER}{name}": place for name, place in columns.others.items()}
    for cells in reader:
        if cells:
            row = {role: cells[place].strip() if place < len(cells) else "" for role, place in places.items()}
            yield reader.line_num, row | {SURPLUS: columns.delimiter.join(cells[len(columns.names) :])}


def _check_columns(columns: Columns, name: str) -> None:
    if len(columns.names) > MOST_COLUMNS:
        raise DataError(
            f"{name} has {len(columns.names):,} columns; at most {MOST_COLUMNS:,} are read",
            hint="keep those that name a picture's path, label, group and split",
        )
    if problems := "; ".join(columns.problems()):
        words = listed(columns.names) or "(none)"
        raise DataError(
            f"{name} has the columns {words}; expected path[,label][,group][,split]; {problems}",
            hint=f"name them in the first line: the path {', '.join(NAMES[PATH][:3])}..., the label "
            f"{', '.join(NAMES[LABEL][:3])}...; a column called path or label wins over its other names",
        )


def _reading(columns: Columns) -> Iterator[Finding]:
    """Yield how the columns were read, where they are not called as expected."""
    renamed = tuple(f"{columns.names[place]} is the {role}" for role, place in columns.roles.items()
                    if columns.names[place] != role)  # fmt: skip
    if renamed:
        advice = "call a column path, label, group or split if another one is meant"
        yield Finding("columns-by-other-names", Severity.NOTE, "columns were read by other names", advice, renamed)
    if columns.others:
        yield Finding(
            "columns-left-out",
            Severity.NOTE,
            f"columns of the table that nothing is learnt from: {len(columns.others)}; the report has figures by each",
            "if one says which pictures belong together (a patient, a film), call it group; the part, split",
            tuple(sorted(columns.others)),
        )


def _check_rows(rows: list[tuple[int, Row]], name: str) -> None:
    mistakes, line_of, labels = [], dict[str, int](), dict[str, str]()
    has_several = False
    for line, row in rows:
        if not row[PATH]:
            mistakes.append(f"line {line}: no path")
        if (part := row.get(SPLIT, "")) and part.casefold() not in PART_NAMES:
            mistakes.append(f"line {line}: split {shortened(part)!r} is none of {', '.join(PART_NAMES)}")
        if surplus := row[SURPLUS].strip(" ,;\t|"):
            mistakes.append(
                f"line {line}: more cells than columns: {shortened(surplus)!r}; a name with a comma needs quotes"
            )
        if row[PATH] in line_of:
            before, here = labels[row[PATH]], row.get(LABEL) or ""
            twice = f", there as {shortened(before)!r} and here as {shortened(here)!r}" if before != here else ""
            mistakes.append(f"line {line}: {shortened(row[PATH])} stands in line {line_of[row[PATH]]} already{twice}")
            has_several |= bool(twice and before and here)
        line_of.setdefault(row[PATH], line)
        labels.setdefault(row[PATH], row.get(LABEL) or "")
    if not rows:
        mistakes.append("there is no row below the first line")
    if mistakes:
        more = len(mistakes) - SHOWN_MISTAKES
        raise DataError(
            f"{name}: {'; '.join(mistakes[:SHOWN_MISTAKES])}" + (f"; and {more} more" if more > 0 else ""),
            hint=ONE_EACH if has_several else "mend the lines; a picture has one line and at most one label",
        )
