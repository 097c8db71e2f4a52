"""Corrected labels: a table that says which pictures get another class, and which are left out; no file is touched."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sightline.core.errors import DataError
from sightline.core.findings import Finding, Severity
from sightline.core.regular import text_of
from sightline.core.text import listed
from sightline.data.catalog import Catalog

KEEP, RELABEL, DROP = "keep", "relabel", "drop"
ACTIONS = (KEEP, RELABEL, DROP)
COLUMNS = ("path", "given", "likelier", "score", "action")
"""Of ``suspects.csv``; a table of corrections needs path and action, and likelier where a class is changed."""
MOST_NAMED = 10


class Correction(NamedTuple):
    """What becomes of one picture's label.

    Args:
        path: Its name in the catalog.
        label: The class that it gets where the action is ``"relabel"``.
        action: What becomes of it, one of `ACTIONS`.
    """

    path: str
    label: str
    action: str


def read_corrections(path: Path) -> tuple[Correction, ...]:
    """Read a table of corrections, such as ``suspects.csv``.

    Raises:
        DataError: It can't be read, lacks a column, or has an action that is none, with every mistake at once.
    """
    try:
        text = text_of(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"the corrections {path} can't be read: {reason}", hint="name a suspects.csv") from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    lacking = [name for name in ("path", "action", "likelier") if name not in (reader.fieldnames or ())]
    if lacking:
        raise DataError(f"{path} lacks the columns {', '.join(lacking)}", hint=f"expected {', '.join(COLUMNS)}")
    corrections = tuple(Correction(row["path"] or "", row["likelier"] or "", row["action"] or "") for row in reader)
    wrong = [f"{one.path}: {one.action!r}" for one in corrections if one.action not in ACTIONS]
    twice = [name for name, count in Counter(one.path for one in corrections).items() if count > 1]
    problems = [
        *([f"actions that are none of {', '.join(ACTIONS)}: {listed(wrong, MOST_NAMED)}"] if wrong else []),
        *([f"pictures that are named twice: {listed(twice, MOST_NAMED)}"] if twice else []),
    ]
    if problems:
        raise DataError(f"{path} has {'; '.join(problems)}", hint="mend these lines")
    return corrections


def corrected(catalog: Catalog, path: Path) -> Catalog:
    """Return a catalog with the labels of a table of corrections; what was changed is a finding of it.

    Raises:
        DataError: The table can't be read, or names a picture or a class that is not there.
    """
    corrections = read_corrections(path)
    rows = {name: row for row, name in enumerate(catalog.paths)}
    labels = {name: label for label, name in enumerate(catalog.classes)}
    problems = list(_problems(corrections, rows, labels))
    if problems:
        raise DataError(
            f"{path} does not fit {catalog.name}: {'; '.join(problems)}",
            hint="make the table of these very pictures: sightline suspects DATA --export suspects.csv",
        )
    changed = catalog.labels.copy()
    relabelled = [one for one in corrections if one.action == RELABEL]
    for one in relabelled:
        changed[rows[one.path]] = labels[one.label]
    dropped = [rows[one.path] for one in corrections if one.action == DROP]
    whole = replace(catalog, labels=changed, findings=(*catalog.findings, _finding(path, relabelled, dropped, catalog)))
    return whole.at(np.setdiff1d(np.arange(len(catalog)), np.array(dropped, dtype=np.int64)))


def _problems(corrections: tuple[Correction, ...], rows: dict[str, int], labels: dict[str, int]) -> Iterator[str]:
    strangers = [one.path for one in corrections if one.path not in rows]
    unknown = sorted({one.label for one in corrections if one.action == RELABEL and one.label not in labels})
    if strangers:
        yield f"it names pictures that are not there: {listed(strangers, MOST_NAMED)}"
    if unknown:
        yield f"it names classes that are not there: {listed([*map(repr, unknown)], MOST_NAMED)}"


def _finding(path: Path, relabelled: list[Correction], dropped: list[int], catalog: Catalog) -> Finding:
    evidence = (
        *(f"{one.path}: now {one.label}" for one in relabelled),
        *(f"{catalog.paths[row]}: left out" for row in dropped),
    )
    return Finding(
        "labels-corrected",
        Severity.NOTE,
        f"by {path.name}, {len(relabelled):,} labels are others and {len(dropped):,} pictures are left out; "
        "no file was touched",
        "leave out --corrections to learn from the labels as they are",
        evidence,
    )
