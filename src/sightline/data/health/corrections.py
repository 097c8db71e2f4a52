"""Corrected labels: a table that says which pictures get another class, and which are left out; no file is touched."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sightline.core.errors import DataError
from sightline.core.findings import Finding, Severity
from sightline.core.regular import content_of
from sightline.core.text import listed
from sightline.data.catalog import NO_LABEL, PARTS, Catalog, Rows
from sightline.data.splits import Split
from sightline.data.table.columns import columns_of
from sightline.data.table.table_text import rows_of, table_text

KEEP, RELABEL, DROP = "keep", "relabel", "drop"
ACTIONS = (KEEP, RELABEL, DROP)
COLUMNS = ("path", "given", "likelier", "score", "action")
"""Of ``suspects.csv``; a table of corrections needs path and action, and likelier where a class is changed."""
CORRECTED_PARTS = "corrected-by-part"
NEEDED = ("path", "action", "likelier")
MOST_NAMED = 10
MOST_BYTES = 64 * 2**20
"""Of a table of corrections: about a million lines."""


class Correction(NamedTuple):
    """What becomes of one picture's label.

    Args:
        path: Its name in the catalog.
        label: The class that it gets where the action is ``"relabel"``.
        action: What becomes of it, one of `ACTIONS`.
        given: The class that it had when the table was made; empty where the table does not say it.
    """

    path: str
    label: str
    action: str
    given: str = ""

    def fits(self, label: str) -> bool:
        """Return whether it was made for a picture with this label, or has been followed in the data already."""
        return self.action == KEEP or not self.given or label in (self.given, self.label)


def read_corrections(path: Path) -> tuple[Correction, ...]:
    """Read a table of corrections, such as ``suspects.csv``, as a spreadsheet may have saved it.

    Raises:
        DataError: It can't be read, lacks a column, or has an action that is none, with every mistake at once.
    """
    try:
        text = table_text(content_of(path, most=MOST_BYTES), errors="surrogateescape")
        columns = columns_of(text)
        _require_columns(path, columns.names)
        lines = rows_of(text, columns.delimiter)
        next(lines)
        rows = [(lines.line_num, cells) for cells in lines if cells]
    except OSError as error:
        raise DataError(
            f"the corrections {path} can't be read: {error.strerror or error}", hint="name a suspects.csv"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is no CSV file in UTF-8 or UTF-16: {error}", hint="save it as CSV, UTF-8") from error
    corrections = tuple(_correction(columns.names, cells) for _, cells in rows)
    surplus = [f"line {line}" for line, cells in rows if any(cells[len(columns.names) :])]
    problems = list(_mistakes(corrections, surplus))
    if problems:
        raise DataError(f"{path} has {'; '.join(problems)}", hint="mend these lines")
    return corrections


def _require_columns(path: Path, names: Sequence[str]) -> None:
    lacking = [name for name in NEEDED if name not in names]
    if lacking:
        raise DataError(f"{path} lacks the columns {', '.join(lacking)}", hint=f"expected {', '.join(COLUMNS)}")


def _correction(names: Sequence[str], cells: Sequence[str]) -> Correction:
    cell = {name: cells[place] if place < len(cells) else "" for place, name in reversed([*enumerate(names)])}
    return Correction(cell["path"], cell["likelier"], cell["action"].strip(), cell.get("given", ""))


def _mistakes(corrections: Sequence[Correction], surplus: Sequence[str]) -> Iterator[str]:
    wrong = [f"{one.path}: {one.action!r}" for one in corrections if one.action not in ACTIONS]
    twice = [name for name, count in Counter(one.path for one in corrections).items() if count > 1]
    if surplus:
        yield f"more cells than columns in {listed(surplus, MOST_NAMED)}; a name with a comma needs quotes"
    if wrong:
        yield f"actions that are none of {', '.join(ACTIONS)}: {listed(wrong, MOST_NAMED)}"
    if twice:
        yield f"pictures that are named twice: {listed(twice, MOST_NAMED)}"


def corrected(catalog: Catalog, path: Path) -> Catalog:
    """Return a catalog with the labels of a table of corrections; what was changed is a finding of it.

    Raises:
        DataError: The table can't be read, names a picture or a class that is not there, or is about other labels.
    """
    corrections = read_corrections(path)
    rows = {name: row for row, name in enumerate(catalog.paths)}
    labels = {name: label for label, name in enumerate(catalog.classes)}
    problems = list(_problems(corrections, catalog, rows))
    if problems:
        raise DataError(
            f"{path} does not fit {catalog.name}: {'; '.join(problems)}",
            hint="make the table of these very pictures: sightline suspects DATA --export suspects.csv",
        )
    changed = catalog.labels.copy()
    relabelled = [one for one in corrections if one.action == RELABEL and catalog.label_of(rows[one.path]) != one.label]
    for one in relabelled:
        changed[rows[one.path]] = labels[one.label]
    dropped = np.array([rows[one.path] for one in corrections if one.action == DROP], dtype=np.int64)
    whole = replace(
        catalog,
        labels=changed,
        relabelled=frozenset(one.path for one in relabelled),
        findings=(*catalog.findings, _finding(path, relabelled, dropped.tolist(), catalog)),
    )
    left = whole.at(np.setdiff1d(np.arange(len(catalog)), dropped))
    return _without_emptied(left, np.setdiff1d(catalog.labels[catalog.labelled], left.labels), path)


def _problems(corrections: Sequence[Correction], catalog: Catalog, rows: dict[str, int]) -> Iterator[str]:
    strangers = [one.path for one in corrections if one.path not in rows]
    unknown = sorted({one.label for one in corrections if one.action == RELABEL and one.label not in catalog.classes})
    others = [
        f"{one.path} is {label!r}, and {one.given!r} in the table"
        for one in corrections
        if one.path in rows and not one.fits(label := catalog.label_of(rows[one.path]))
    ]
    if strangers:
        yield f"it names pictures that are not there: {listed(strangers, MOST_NAMED)}"
    if unknown:
        yield f"it names classes that are not there: {listed([*map(repr, unknown)], MOST_NAMED)}"
    if others:
        yield f"it is about other labels: {listed(others, MOST_NAMED)}"


def _finding(path: Path, relabelled: Sequence[Correction], dropped: Sequence[int], catalog: Catalog) -> Finding:
    evidence = (
        *(f"{one.path}: now {one.label}" for one in relabelled),
        *(f"{catalog.paths[row]}: left out" for row in dropped),
    )
    parts = Counter(catalog.parts[row] for row in dropped)
    of_parts = ", ".join(f"{parts[part]:,} of the {part} part" for part in PARTS if parts[part])
    return Finding(
        "labels-corrected",
        Severity.NOTE,
        f"by {path.name}, {len(relabelled):,} labels are others and {len(dropped):,} pictures are left out"
        f"{f' ({of_parts})' if of_parts else ''}; no file was touched",
        "leave out --corrections to learn from the labels as they are",
        evidence,
    )


def _without_emptied(catalog: Catalog, emptied: Rows, path: Path) -> Catalog:
    """Return a catalog without the classes that have lost their last picture, which is an error of it.

    Args:
        emptied: Their places among the classes, ascending.
    """
    if not len(emptied):
        return catalog
    kept = np.setdiff1d(np.arange(len(catalog.classes)), emptied)
    place = np.full(len(catalog.classes) + 1, NO_LABEL)  # the last is that of those without a label
    place[kept] = np.arange(len(kept))
    lost = Finding(
        "class-corrected-away",
        Severity.ERROR,
        f"{path.name} takes the last pictures of {len(emptied)} of {len(catalog.classes)} classes",
        "change actions in it so that each class keeps pictures, or learn the others with "
        "--accept class-corrected-away",
        tuple(catalog.classes[label] for label in emptied),
    )
    return replace(
        catalog,
        labels=place[catalog.labels],
        classes=tuple(catalog.classes[label] for label in kept),
        findings=(*catalog.findings, lost),
    )


def corrected_parts(catalog: Catalog, division: Split) -> Iterator[Finding]:
    """Find in which parts labels were corrected; what is judged by those is judged by whoever corrected them."""
    of_part = {part: [path for row in division.rows(part) if (path := catalog.paths[row]) in catalog.relabelled]
               for part in PARTS}  # fmt: skip
    if any(of_part.values()):
        counts = ", ".join(f"{len(paths):,} in {part}" for part, paths in of_part.items())
        held_back = [path for part in PARTS[1:] for path in of_part[part]]
        yield Finding(
            CORRECTED_PARTS,
            Severity.WARNING if held_back else Severity.NOTE,
            f"corrected labels: {counts}" + ("; figures on those are judged by the changed labels" * bool(held_back)),
            "look at those of validation and test yourself: labels that a model proposed make models like it look good"
            if held_back
            else "nothing needs to be done: validation and test have the labels that the data gives",
            tuple(held_back),
        )
