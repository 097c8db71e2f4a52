"""Which column of a table is what: by the names that people give them, whatever stands between the cells."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

from sightline.core.text import listed
from sightline.data.table.table_text import rows_of

PATH, LABEL, GROUP, SPLIT = "path", "label", "group", "split"
NAMES: dict[str, tuple[str, ...]] = {
    PATH: ("path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_name", "image_path",
           "imagepath", "img", "img_name", "img_path", "picture", "photo"),
    LABEL: ("label", "labels", "class", "class_name", "classname", "category", "target"),
    GROUP: ("group", "groups", "group_id"),
    SPLIT: ("split", "part", "subset"),
}  # fmt: skip
"""What each column may be called, in any case; its own name, the first, wins over the others."""
DELIMITERS = (",", ";", "\t", "|")
MOST_COLUMNS = 10_000
MOST_COMPARED, MOST_SIGNS = 20, 40
"""Of so many unknown names, and none that is longer, it is asked whether they are misspelt."""
NEAR = 0.8
"""So much alike, of 1, are a name and its misspelling."""


@dataclass(frozen=True)
class Columns:
    """The first line of a table.

    Args:
        delimiter: What stands between the cells.
        names: The columns as the table calls them, without the space around.
    """

    delimiter: str
    names: tuple[str, ...]

    @property
    def roles(self) -> dict[str, int]:
        """Which column, from 0, holds the path, the label, the group and the split, as far as that is clear."""
        return {role: places[0] for role, places in self._candidates().items() if len(places) == 1}

    @property
    def others(self) -> dict[str, int]:
        """The columns that are none of these, by their names; of several with one name the first."""
        read = set(self.roles.values())
        places = [place for place in range(len(self.names)) if place not in read]
        return {self.names[place] or "(without a name)": place for place in reversed(places)}

    def may_be(self, role: str) -> bool:
        """Return whether there is a column for a role, or several that may be it."""
        return role in self._candidates()

    def problems(self) -> Iterator[str]:
        """Yield why the table can't be read by these columns."""
        for role, places in self._candidates().items():
            if len(places) > 1:
                yield f"several columns may be the {role}: {listed([self.names[place] for place in places])}"
        if PATH not in self._candidates():
            yield "missing: path"
        named = [self.names[place] for place in range(len(self.names)) if self._is_unknown(place)]
        if LABEL not in self._candidates() and named:  # one of them may be meant for it
            yield f"missing: label; unknown: {listed(named)}"
        for name in (name for name in named[:MOST_COMPARED] if len(name) <= MOST_SIGNS):
            roles = (role for role in NAMES if role not in self._candidates())
            if near := get_close_matches(folded(name), [word for role in roles for word in NAMES[role]], 1, NEAR):
                yield f"{name} is nearly {near[0]}"

    def _candidates(self) -> dict[str, list[int]]:
        """Return the columns that may have a role; those with its own name alone, if there are any."""
        places = defaultdict[str, list[int]](list)
        for place, name in enumerate(self.names):
            for role, words in NAMES.items():
                if folded(name) in words:
                    places[role].append(place)
        own = {role: [place for place in found if folded(self.names[place]) == role] for role, found in places.items()}
        return {role: own[role] or found for role, found in places.items()}

    def _is_unknown(self, place: int) -> bool:
        return bool(self.names[place]) and all(folded(self.names[place]) not in words for words in NAMES.values())


def folded(name: str) -> str:
    """Return a column's name without case, with one kind of gap."""
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


def columns_of(text: str) -> Columns:
    """Return the columns of a table, by the first delimiter that shows a path, else by that which shows the most.

    Args:
        text: The table, without a byte order mark and without a line that only names the delimiter.

    Raises:
        csv.Error: The first line is no line of a table.

    Example:
        >>> columns_of("Filename;Class").roles
        {'path': 0, 'label': 1}
    """
    readings = [_read(text, delimiter) for delimiter in DELIMITERS]
    shown = [columns for columns in readings if isinstance(columns, Columns)]
    for error in readings[: not shown]:
        raise cast("csv.Error", error)
    with_path = [columns for columns in shown if columns.may_be(PATH)]
    return with_path[0] if with_path else max(shown, key=lambda columns: len(columns.names))


def _read(text: str, delimiter: str) -> Columns | csv.Error:
    try:
        first = next(rows_of(text, delimiter), [])
    except csv.Error as error:
        return error
    return Columns(delimiter, tuple(name.strip() for name in first))
