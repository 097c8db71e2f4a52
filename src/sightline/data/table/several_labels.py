"""Tables that give a picture several labels at once, which is refused in words: a picture has one class here."""

from collections.abc import Sequence
from itertools import islice

from sightline.core.errors import DataError
from sightline.core.text import listed
from sightline.data.table.columns import LABEL, PATH, Columns
from sightline.data.table.table_text import rows_of

FLAGS = frozenset({"0", "1", "0.0", "1.0", "true", "false", "yes", "no", "-1", ""})
LOOKED_AT = 1000
"""Rows by which a column is known to hold flags."""
ONE_EACH = (
    "sightline learns one class of each picture: give each the label that matters most, or make a table for each label "
    "that says yes or no, and train a model on each"
)


def require_no_flags(text: str, columns: Columns, name: str) -> None:
    """Raise over a table without a label whose further columns hold only 0 and 1: one for each label.

    Args:
        text: The table, from its first line on.
        columns: What its first line names.
        name: What to call it in an error.

    Raises:
        DataError: It is one.
        csv.Error: It is no table.
    """
    if columns.may_be(LABEL) or not columns.may_be(PATH):
        return
    rows = [cells for cells in islice(rows_of(text, columns.delimiter), 1, LOOKED_AT) if cells]
    flags = [
        label
        for place, label in enumerate(columns.names)
        if label in columns.others and rows and all(_cell(cells, place) in FLAGS for cells in rows)
    ]
    if len(flags) > 1:
        raise DataError(
            f"{name} gives each picture several labels, as columns of 0 and 1: {listed(flags)}", hint=ONE_EACH
        )


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place].strip().casefold() if place < len(cells) else ""
