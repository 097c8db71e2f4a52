"""One answer as a line of a table, of CSV or of JSON."""

import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, TextIO

from sightline.core.percent import percent
from sightline.core.storage import csv_row_writer
from sightline.core.text import escaped, visible

if TYPE_CHECKING:
    from sightline.inference.prediction import Match, Prediction

_encoded = json.JSONEncoder(ensure_ascii=False).encode
_ascii = json.JSONEncoder().encode


class Rows:
    """Writes answers, each as it comes.

    Args:
        stream: A text file that is open for writing.
        top: How many classes of each answer, 1 or more, the likeliest first.
        sets: Whether prediction sets are wanted.
        origin: Whose answers they are.
    """

    def __init__(
        self,
        stream: TextIO,
        top: int,
        *,
        sets: bool,
        origin: "AnsweringModel | None" = None,
    ) -> None:
        self._stream, self._origin = stream, origin or AnsweringModel("", "")
        self._top = top
        self._sets = sets

    def begin(self) -> None:
        """Write what stands before the first answer, if anything does."""

    def add(self, answer: "Prediction") -> None:
        """Write an answer."""
        raise NotImplementedError

    def end(self) -> None:
        """Write what stands after the last answer, if anything does."""


CLOSING = "\n]}\n"
"""What stands after the results in a JSON document."""


@dataclass(frozen=True)
class AnsweringModel:
    """Whose answers they are.

    Args:
        model: What the model is called, as the service would call it.
        digest: SHA-256 of its file.
        compares: Whether it compares pictures with enrolled ones, so that tables have columns for it.
    """

    model: str
    digest: str
    compares: bool = False

    @property
    def opening(self) -> str:
        """What stands before the results in a JSON document."""
        return f'{{"model": {_ascii(self.model)}, "digest": {_ascii(self.digest)}, "results": ['


Writer = Callable[..., Rows]
"""Makes one, as `Rows` is made."""


class Table(Rows):
    """A line a picture, for reading."""

    def add(self, answer: "Prediction") -> None:
        """Write a line."""
        named = [f"{name} {percent(share)}" for name, share in islice(answer.probabilities.items(), self._top)]
        if answer.match is not None and not answer.refusal:
            named.append(answer.match.words)
        if self._sets and answer.set is not None and not answer.refusal:
            named.append(f"set: {', '.join(answer.set)}")
        if answer.refusal:
            nearest = f"; nearest training picture {answer.nearest.words}" if answer.nearest else ""
            named = [f"none of these: {answer.refusal}{nearest}; likeliest {named[0]}", *named[1:]]
        self._stream.write(visible("  ".join([answer.path, *(named or [f"error: {answer.error}"])])) + "\n")


class JsonLines(Rows):
    """An object a line."""

    def add(self, answer: "Prediction") -> None:
        """Write a line."""
        self._stream.write(_object(answer, self._top, sets=self._sets) + "\n")


class SignedLines(Rows):
    """An object a line, each with the digest of the model's file, for lines may be cut out and joined."""

    def add(self, answer: "Prediction") -> None:
        """Write a line."""
        self._stream.write(_object(answer, self._top, sets=self._sets, digest=self._origin.digest) + "\n")


class JsonDocument(Rows):
    """One JSON object, as the service answers: the model, its digest, and the results, a line each."""

    def __init__(self, stream: TextIO, top: int, *, sets: bool, origin: "AnsweringModel") -> None:
        super().__init__(stream, top, sets=sets, origin=origin)
        self._before = "\n  "

    def begin(self) -> None:
        """Open the list of results."""
        self._stream.write(self._origin.opening)

    def add(self, answer: "Prediction") -> None:
        """Write an object."""
        written = _object(answer, self._top, sets=self._sets)
        self._stream.write(self._before + _within(written, self._stream.encoding))
        self._before = ",\n  "

    def end(self) -> None:
        """Close the list and the object."""
        self._stream.write(CLOSING)


class Csv(Rows):
    """A row a picture; a set is a JSON list in one cell, for a class may be called anything."""

    def __init__(
        self,
        stream: TextIO,
        top: int,
        *,
        sets: bool,
        origin: "AnsweringModel | None" = None,
    ) -> None:
        super().__init__(stream, top, sets=sets, origin=origin)
        self._write = csv_row_writer(stream)

    def begin(self) -> None:
        """Write the header."""
        self._write(columns_of(self._top, sets=self._sets, compares=self._origin.compares))

    def add(self, answer: "Prediction") -> None:
        """Write a row."""
        likeliest = islice(answer.probabilities.items(), self._top)
        cells = [cell for name, share in likeliest for cell in (escaped(name), f"{share:.9g}")]
        members = "" if answer.set is None else escaped(_encoded(answer.set))
        nearest = [str(value) for value in match_cells(answer.match).values()] if self._origin.compares else []
        row = [
            answer.path,
            *(cells or [""] * (2 * self._top)),
            *([members] if self._sets else []),
            *nearest,
            "yes" if answer.refusal else "",
            answer.error,
        ]
        self._write([visible(cell) for cell in row] if self._stream.isatty() else row)


def columns_of(top: int, *, sets: bool, compares: bool = False) -> list[str]:
    """Return the names of the columns of a file of answers."""
    ranked = [f"{word}{place}" for place in range(1, top + 1) for word in ("label", "probability")]
    nearest = list(match_cells(None)) if compares else []
    return ["path", *ranked, *(["set"] if sets else []), *nearest, "refused", "error"]


def match_cells(match: "Match | None") -> dict[str, str]:
    """Return what the columns of a model with enrolled classes hold: the nearest picture and the distance."""
    if match is None:
        return {"nearest": "", "distance": ""}
    return {"nearest": escaped(match.picture or match.digest), "distance": f"{match.distance:.9g}"}


def _within(written: str, encoding: str | None) -> str:
    """Return JSON in signs that an encoding has: with JSON's own escapes, which a program reads, where it lacks one."""
    try:
        written.encode(encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(json.loads(written))
    return written


def _object(answer: "Prediction", top: int, *, sets: bool, **more: str) -> str:
    from sightline.core.json_values import json_line  # a table needs none of it

    return json_line((answer if sets else replace(answer, set=None)).top(top).as_json() | more)


class Notes:
    """Counts the notes of answers that go by.

    Attributes:
        count: How many answers had one.
    """

    def __init__(self) -> None:
        self.count, self._first = 0, ""

    def of(self, answers: "Iterator[Prediction]") -> "Generator[Prediction, None, None]":
        """Yield the answers as they come."""
        for answer in answers:
            if answer.note:
                self.count += 1
                self._first = self._first or f"{answer.path} {answer.note}"
            yield answer

    @property
    def warning(self) -> str:
        """The first note, and of how many pictures there was one."""
        more = f" (and {self.count - 1:,} more pictures)" if self.count > 1 else ""
        return visible(
            f"warning: {self._first}{more}; save them with the range of the training pictures, or train on some of them"
        )
