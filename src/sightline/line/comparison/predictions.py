"""What a model said of labelled pictures, and which pictures they were, read back from the tables of a run."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sightline.core.errors import RunError
from sightline.core.regular import text_of
from sightline.data.catalog import Rows
from sightline.inference.graph import Probabilities
from sightline.line.answers import EMBEDDING, PROBABILITY

OF_FOLDS = ("repeat", "fold")
"""The columns that a table of answers out of fold has before the probabilities."""


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


def read_predictions(path: Path) -> Predicted:
    """Read a file that `sightline.line.answers.Answers.table` has made, or a table of answers out of fold.

    Of those, a picture has the mean over its repeats.

    Raises:
        RunError: It is missing, damaged or another file.
    """
    try:
        header, *rows = csv.reader(io.StringIO(text_of(path, errors="surrogateescape"), newline=""))
        _require_probabilities(path, header)
        first = 2 + len(OF_FOLDS) * (tuple(header[2:4]) == OF_FOLDS)
        if header[:2] != ["path", "truth"] or not all(name.startswith(PROBABILITY) for name in header[first:]):
            raise ValueError(f"its columns are {', '.join(header[:4])}")  # noqa: TRY301 - as any other damage
        classes = tuple(name.removeprefix(PROBABILITY) for name in header[first:])
        places = {name: place for place, name in enumerate(classes)}
        truth = {row[0]: places[row[1]] for row in rows}  # in the order in which pictures come first
        rank = {name: number for number, name in enumerate(truth)}
        answers = np.array([row[first:] for row in rows], dtype=np.float32).reshape(len(rows), len(classes))
        sums = np.zeros((len(rank), len(classes)), np.float32)
        pictures = np.array([rank[row[0]] for row in rows], dtype=np.int64)
        np.add.at(sums, pictures, answers)
        repeats = np.bincount(pictures, minlength=len(rank)).astype(np.float32)
        return Predicted(
            tuple(truth), classes, np.fromiter(truth.values(), np.int64, len(truth)), sums / repeats[:, None]
        )
    except (OSError, ValueError, KeyError, IndexError, csv.Error) as error:
        raise RunError(
            f"{path} holds no answers that can be read: {error}", hint="finish the run, or begin it anew with --force"
        ) from error


def _require_probabilities(path: Path, header: Sequence[str]) -> None:
    """Raise if a model that compares pictures has written its embeddings of them.

    Raises:
        RunError: It has.
    """
    if header[2:] and all(name.startswith(EMBEDDING) for name in header[2:]):
        raise RunError(
            f"{path} holds embeddings: the run's model tells same from different, and names no class",
            hint="compare classifiers; `sightline evaluate` measures such a model",
        )


def read_contents(path: Path) -> dict[str, str]:
    """Read from a ``split.csv`` the SHA-256 of each picture, by the picture's name.

    Raises:
        RunError: It is missing, damaged or another file.
    """
    try:
        rows = csv.DictReader(io.StringIO(text_of(path, errors="surrogateescape"), newline=""), strict=True)
        return {row["path"]: row["sha256"] for row in rows}
    except (OSError, KeyError, csv.Error) as error:
        raise RunError(
            f"{path} does not say which pictures the run had: {error}", hint="begin the run anew with --force"
        ) from error
