"""Tables that give a picture several labels at once, which is refused in words: a picture has one class here."""

import re
from collections import defaultdict
from collections.abc import Sequence

from sightline.core.errors import DataError
from sightline.core.text import listed
from sightline.data.table.columns import LABEL, NAMES, PATH, Columns, folded
from sightline.data.table.table_text import rows_of

SET = frozenset({"1", "1.0", "true", "yes"})
FLAGS = SET | {"0", "0.0", "false", "no", "-1", ""}
ONE_EACH = (
    "sightline learns one class of each picture: give each the label that matters most, or make a table for each label "
    "that says yes or no, and train a model on each"
)
_NUMBERED = re.compile(rf"({'|'.join(NAMES[LABEL])})_?\d*")

Rows = Sequence[Sequence[str]]


def require_one_label(text: str, columns: Columns, name: str) -> None:
    """Raise over a table with several columns for the label: numbered ones, or one of 0 and 1 for each label.

    Args:
        text: The table, from its first line on.
        columns: What its first line names.
        name: What to call it in an error.

    Raises:
        DataError: It is one.
        csv.Error: It is no table.
    """
    numbered = _numbered_labels(columns)
    if columns.may_be(PATH) and (len(numbered) > 1 or not columns.may_be(LABEL)):
        rows = [cells for cells in rows_of(text, columns.delimiter) if cells][1:]
        _require_no_second_label(rows, numbered, name)
        if not columns.may_be(LABEL):
            _require_no_flags(rows, columns.others, name)


def _numbered_labels(columns: Columns) -> dict[str, int]:
    """Return the columns that are called as the label is, but for a number at the end, and their places."""
    places = defaultdict[str, dict[str, int]](dict)
    for column, place in columns.others.items():
        if match := _NUMBERED.fullmatch(folded(column)):
            places[match[1]][column] = place
    if not columns.may_be(LABEL):
        return max(places.values(), key=len, default={})
    if (own := columns.roles.get(LABEL)) is None:  # which of several it is nobody knows, which is said elsewhere
        return {}
    return {columns.names[own]: own} | places[folded(columns.names[own])]


def _require_no_second_label(rows: Rows, places: dict[str, int], name: str) -> None:
    if any(len({_cell(cells, place) for place in places.values()} - {""}) > 1 for cells in rows):
        raise DataError(
            f"{name} gives pictures several labels, in the columns {listed(places)}",
            hint=f"{ONE_EACH}; a column that is no label needs another name",
        )


def _require_no_flags(rows: Rows, others: dict[str, int], name: str) -> None:
    flags = {
        label: place for label, place in others.items() if rows and all(_cell(cells, place) in FLAGS for cells in rows)
    }
    if len(flags) < 2:  # noqa: PLR2004 - one alone says no class
        return
    if all(sum(_cell(cells, place) in SET for place in flags.values()) == 1 for cells in rows):
        raise DataError(
            f"{name} has no column label: a 1 in one of the columns {listed(sorted(flags))} says each picture's class",
            hint="write the name of the column that holds the 1 into a column called label",
        )
    raise DataError(
        f"{name} gives each picture several labels, as columns of 0 and 1: {listed(sorted(flags))}", hint=ONE_EACH
    )


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place].strip().casefold() if place < len(cells) else ""
