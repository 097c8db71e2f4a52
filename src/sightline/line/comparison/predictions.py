"""What a model said of labelled pictures, and which pictures they were, read back from the tables of a run."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sightline.core.errors import RunError
from sightline.core.regular import content_of, text_of
from sightline.data.catalog import Rows
from sightline.data.table.table_text import rows_of, table_text
from sightline.inference.graph import Probabilities
from sightline.line.comparison.answer_table import AnswerTable, answer_table

FINISH = "finish the run, or begin it anew with --force"
MOST_BYTES = 2**30
"""Of a table of answers: some ten million pictures of ten classes."""


@dataclass(frozen=True, eq=False)
class Predicted:
    """Answers to labelled pictures, by the pictures' names.

    Args:
        paths: N names, in the order of the file.
        classes: C names, in the order of the columns.
        truth: (N,) int64, indices into `classes`.
        probabilities: (N, C) float32.
    """

    paths: tuple[str, ...]
    classes: tuple[str, ...]
    truth: Rows
    probabilities: Probabilities

    @property
    def answers(self) -> Rows:
        """(N,) int64, the likeliest class of each picture; of equals, the first."""
        answers: Rows = self.probabilities.argmax(axis=1)
        return answers

    def labels(self) -> dict[str, str]:
        """Return the class of each picture, by the picture's name."""
        return {path: self.classes[place] for path, place in zip(self.paths, self.truth.tolist(), strict=True)}

    def at(self, paths: Sequence[str], classes: Sequence[str]) -> "Predicted":
        """Return the answers to some of the pictures, in their order, with the same classes in another order."""
        place_of = {path: place for place, path in enumerate(self.paths)}
        rows = [place_of[path] for path in paths]
        columns = [self.classes.index(name) for name in classes]
        new_place = np.argsort(columns)  # from a class's old place to its new one
        truth = new_place[self.truth[rows]]
        return Predicted(tuple(paths), tuple(classes), truth, self.probabilities[rows][:, columns])


def read_predictions(path: Path, *, hint: str = FINISH) -> Predicted:
    """Read a file that `sightline.line.answers.Answers.table` has made, or a table of answers out of fold.

    Of those, a picture has the mean over its repeats.

    Args:
        path: The file that is read.
        hint: What to do about one that is missing or damaged.

    Raises:
        RunError: It is missing, damaged or another file; the message names line, picture and value.
    """
    try:
        table = answer_table(table_text(content_of(path, most=MOST_BYTES), errors="surrogateescape"))
        _require_named_classes(path, table)
        return _mean_over_repeats(table)
    except FileNotFoundError as error:
        raise RunError(f"{path} does not exist", hint=hint) from error
    except (OSError, ValueError, csv.Error) as error:
        words = getattr(error, "strerror", None) or error
        raise RunError(f"{path} holds no answers that can be read: {words}", hint=hint) from error


def _require_named_classes(path: Path, table: AnswerTable) -> None:
    """Raise if a model that compares pictures has written its embeddings of them.

    Raises:
        RunError: It has.
    """
    if table.is_of_embeddings:
        raise RunError(
            f"{path} holds embeddings: the run's model tells same from different, and names no class",
            hint="name the answers of a classifier; `sightline evaluate` measures such a model",
        )


def _mean_over_repeats(table: AnswerTable) -> Predicted:
    answers, truth = table.probabilities(), table.truth()
    rank = {path: number for number, path in enumerate(truth)}
    pictures = np.array([rank[path] for path, *_ in table.cells], dtype=np.int64)
    sums = np.zeros((len(truth), len(table.classes)), np.float32)
    np.add.at(sums, pictures, answers)
    repeats = np.bincount(pictures, minlength=len(truth)).astype(np.float32)
    places = np.fromiter(truth.values(), np.int64, len(truth))
    return Predicted(tuple(truth), table.classes, places, sums / repeats[:, None])


def read_contents(path: Path) -> dict[str, str]:
    """Read from a ``split.csv`` the SHA-256 of each picture, by the picture's name.

    Raises:
        RunError: It is missing, damaged or another file.
    """
    try:
        header, *rows = rows_of(text_of(path, errors="surrogateescape"), ",")
        name, digest = header.index("path"), header.index("sha256")
        return {row[name]: row[digest] for row in rows}
    except (OSError, ValueError, IndexError, csv.Error) as error:
        words = getattr(error, "strerror", None) or "it has no columns path and sha256, or was cut short"
        raise RunError(
            f"{path} does not say which pictures the run had: {words}", hint="begin the run anew with --force"
        ) from error
