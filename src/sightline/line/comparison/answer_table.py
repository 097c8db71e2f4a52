"""A table of answers to labelled pictures, read line by line: what is no answer is named with its line."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sightline.core.text import listed, shortened
from sightline.data.catalog import Rows
from sightline.data.table.columns import columns_of
from sightline.data.table.table_text import rows_of
from sightline.evaluation.scores import ROUNDING
from sightline.inference.graph import Floats, Probabilities
from sightline.line.answers import EMBEDDING, PROBABILITY

LABELLED = ("path", "truth")
OF_FOLDS = ("repeat", "fold")
"""The columns that a table of answers out of fold has before the probabilities."""
MOST_OFF = 0.01
"""So far from 1 may the probabilities of a picture add up to, for somebody may have rounded them."""


@dataclass(frozen=True, eq=False)
class AnswerTable:
    """The cells of a table of answers.

    Args:
        columns: The names of its C columns of numbers.
        lines: (n,) int64, where each row ends in the file, from 1.
        cells: What stands in each row before the numbers: path, truth and, out of fold, repeat and fold.
        numbers: (n, C) float32.
    """

    columns: tuple[str, ...]
    lines: Rows
    cells: list[list[str]]
    numbers: Floats

    @property
    def is_of_embeddings(self) -> bool:
        """Whether a model that compares pictures has written it."""
        return self.columns[0].startswith(EMBEDDING)

    @property
    def classes(self) -> tuple[str, ...]:
        """C names, in the order of the columns."""
        return tuple(name.removeprefix(PROBABILITY) for name in self.columns)

    def truth(self) -> dict[str, int]:
        """Return the place of each picture's class, by the picture's name, in the order of the first lines.

        Raises:
            ValueError: A picture stands in two lines of one repeat, or has two classes or an unknown one.
        """
        places = {name: place for place, name in enumerate(self.classes)}
        truth, seen = dict[str, int](), set[tuple[str, int]]()
        for row, (path, label, *of_fold) in enumerate(self.cells):
            answer = (path, self._repeat(row, of_fold))
            if label not in places:
                raise ValueError(f"{self._place(row)}: the truth {shortened(label)!r} is none of its classes")
            if answer in seen:
                raise ValueError(f"{self._place(row)}: the picture stands in an earlier line already")
            if truth.setdefault(path, places[label]) != places[label]:
                raise ValueError(f"{self._place(row)}: the truth is {label!r}, and another in an earlier line")
            seen.add(answer)
        return truth

    def probabilities(self) -> Probabilities:
        """Return the numbers, once it is known that they are probabilities.

        Raises:
            ValueError: One is none, or those of a picture do not add up to 1.
        """
        possible = (self.numbers >= -ROUNDING) & (self.numbers <= 1 + ROUNDING)  # False for NaN too
        for row, place in np.argwhere(~possible)[:1].tolist():
            value = self.numbers[row, place]
            raise ValueError(f"{self._place(row)}: {self.columns[place]} is {value:g}; expected 0 to 1")
        sums = self.numbers.sum(axis=1, dtype=np.float64)
        for row in np.flatnonzero(np.abs(sums - 1) > MOST_OFF)[:1].tolist():
            raise ValueError(f"{self._place(row)}: the probabilities add up to {sums[row]:g}; expected 1")
        return self.numbers

    def _repeat(self, row: int, of_fold: Sequence[str]) -> int:
        """Return the number of a row's repeat; 1 where there are none."""
        for name, number in zip(OF_FOLDS, of_fold, strict=bool(of_fold)):
            if not (number.isascii() and number.isdecimal() and int(number)):
                raise ValueError(f"{self._place(row)}: {name} is {shortened(number)!r}; expected a number from 1")
        return int(of_fold[0]) if of_fold else 1

    def _place(self, row: int) -> str:
        return f"line {self.lines[row]} ({shortened(self.cells[row][0])})"


def answer_table(text: str) -> AnswerTable:
    """Read a table of answers, as `sightline.line.answers.Answers.table` writes it, or one out of fold.

    Raises:
        ValueError: It has other columns, or a row has not a number for each.
        csv.Error: It is no table.
    """
    reader = rows_of(text, columns_of(text).delimiter)
    header = next(reader, [])
    first = _width_before(header)
    lines, cells, numbers = list[int](), list[list[str]](), list[Floats]()
    for row in filter(None, reader):
        if len(row) != len(header):
            raise ValueError(f"line {reader.line_num} has {len(row):,} cells; expected {len(header):,}")
        lines.append(reader.line_num)
        cells.append(row[:first])
        try:
            numbers.append(np.array(row[first:], dtype=np.float32))
        except ValueError as error:
            raise ValueError(f"line {reader.line_num} ({shortened(row[0])}): {error}; expected numbers") from error
    table = np.array(numbers, dtype=np.float32).reshape(len(cells), len(header) - first)
    return AnswerTable(tuple(header[first:]), np.array(lines, dtype=np.int64), cells, table)


def _width_before(header: Sequence[str]) -> int:
    """Return how many columns stand before the numbers.

    Raises:
        ValueError: They are called otherwise, or two are called alike.
    """
    first = len(LABELLED) + len(OF_FOLDS) * (tuple(header[2:4]) == OF_FOLDS)
    named = header[first:]
    is_known = any(all(name.startswith(kind) for name in named) for kind in (PROBABILITY, EMBEDDING))
    if tuple(header[:2]) != LABELLED or not named or not is_known:
        words = listed(header, 4) or "(none)"
        raise ValueError(f"its columns are {words}; expected path, truth and {PROBABILITY}CLASS for each class")
    if len(set(named)) != len(named):
        raise ValueError("two of its columns are of one class")
    return first
