"""A file of answers that grows beside its place, and goes on where it was left."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.app.predictions.formats import kind_of
from sightline.app.predictions.rows import AnsweringModel, columns_of
from sightline.core.errors import RunError
from sightline.core.regular import content_of, only_regular
from sightline.core.storage import write_json, writing

if TYPE_CHECKING:
    from sightline.inference.prediction import Prediction


@dataclass(frozen=True)
class Question:
    """What the answers of a file have in common; answers to another question are never mixed with them.

    Args:
        model: The SHA-256 sum of the model's file.
        top: How many classes of each answer are kept, 1 or more.
        missed: The share of pictures that prediction sets may miss; None where no sets are kept.
        rate: The share of known pictures that may be refused.
        sightline: The version of sightline that reads the pictures.
    """

    model: str
    top: int
    missed: float | None
    rate: float
    sightline: str


class AnswerFile:
    """A file of answers that is being written.

    It grows as ``answers.csv.part``, beside ``answers.csv.part.json``, which holds the question; when all answers
    are there it becomes ``answers.csv``. Killed at any moment, it goes on after its last whole batch, so that the
    bytes in the end are those of a run that was never killed.

    Args:
        path: Where the file shall be; its ending is one of `sightline.app.predictions.formats.KINDS`.
        question: The part of an earlier command is continued if it holds the same one.
        force: Replace a file that is there, or a part with another question.
        name: What the model is called, for the kinds of files that say it.
        compares: Whether it compares pictures with enrolled ones.

    Attributes:
        kept: How many answers an earlier run left.
        unreadable: How many answers are errors.

    Raises:
        SettingsError: The ending names no kind of file.
        RunError: There is a file already, or a part with another question.
        MissingExtraError: The kind's package is not installed.
    """

    def __init__(self, path: Path, question: Question, *, force: bool, name: str = "", compares: bool = False) -> None:
        self.path = path
        self.kept = self.unreadable = 0
        self._part = path.with_name(f"{path.name}.part")
        self._note = path.with_name(f"{path.name}.part.json")
        self._question = question
        self._origin = AnsweringModel(name, question.model, compares)
        self._end = 0
        self._columns = columns_of(question.top, sets=question.missed is not None, compares=compares)
        self._kind = kind_of(path)
        with writing(path):
            is_there = path.exists()
        if is_there and not (force and path.is_file()):
            raise RunError(f"{path} exists", hint="choose another --out, or replace it with --force")
        self._begin(force=force)

    def left(self, names: Iterator[str], *, batch: int) -> Iterator[str]:
        """Return the pictures without the first ones whose answers are there already, in whole batches.

        Args:
            names: The pictures that are asked about now; one that is not the next in the part ends what is kept.
            batch: How many are answered together, 1 or more.
        """
        with open(self._part, "rb", opener=only_regular) as stream:
            rows = self._kind.kept(stream, self._columns)
            while chunk := list(islice(names, batch)):
                kept = list(islice(rows, len(chunk)))
                if [row.path for row in kept] != chunk:
                    break
                self.kept += len(kept)
                self.unreadable += sum(row.unreadable for row in kept)
                self._end = kept[-1].end
        return chain(chunk, names)

    def write(self, answers: "Iterable[Prediction]") -> None:
        """Write the answers as they come, behind those that are kept, and finish the file.

        Args:
            answers: To the pictures that `left` returned.

        Raises:
            RunError: The file can't be written.
        """
        with writing(self.path):
            os.truncate(self._part, self._end)
            with self._part.open("a", encoding="utf-8", errors="surrogateescape", newline="") as stream:
                sets = self._question.missed is not None
                rows = self._kind.rows(stream, self._question.top, sets=sets, origin=self._origin)
                if not self._end:
                    rows.begin()
                for answer in answers:
                    self.unreadable += bool(answer.error)
                    rows.add(answer)
            self._finish()

    def _begin(self, *, force: bool) -> None:
        """Take up the part that is there, or begin one."""
        with writing(self.path):
            if self._part.exists() and not self._is_ours():
                if not force:
                    raise RunError(
                        f"{self._part} was begun with another model or other options",
                        hint="go on with the same ones, choose another --out, or begin anew with --force",
                    )
                self._part.unlink()
            write_json(self._note, asdict(self._question))
            self._part.touch()

    def _is_ours(self) -> bool:
        try:
            return bool(json.loads(content_of(self._note)) == asdict(self._question))
        except (FileNotFoundError, ValueError):
            return False

    def _finish(self) -> None:
        whole = self._part
        if self._kind.finish is not None:
            whole = self.path.with_name(f"{self.path.name}.whole")
            self._kind.finish(self._part, whole, self._columns, self._origin)
        with whole.open("rb") as stream:
            os.fsync(stream.fileno())
        whole.replace(self.path)
        self._part.unlink(missing_ok=True)
        self._note.unlink()
