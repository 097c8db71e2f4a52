"""``sightline predict``."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sightline.app.predictions.rows import AnsweringModel, Csv, JsonDocument, Notes, Table
from sightline.app.streams import say
from sightline.core.errors import DataError
from sightline.core.text import visible

if TYPE_CHECKING:
    from sightline.app.predictions.file import AnswerFile
    from sightline.app.predictions.rows import Rows
    from sightline.evaluation.calibration import Calibration
    from sightline.inference.classifier import Classifier

SOME_UNREADABLE = 1
STANDARD_INPUT = "-"
PRINTED = ("table", "json", "csv")
EXAMPLES = """\b
Examples:
  sightline predict run/model.sightline new.jpg
  sightline predict run/model.sightline photos/ --top 3 --out answers.csv"""


@click.command(epilog=EXAMPLES)
@click.argument("model")
@click.argument("pictures", nargs=-1, required=True, metavar="PICTURE-OR-FOLDER...")
@click.option("--format", "kind", type=click.Choice(PRINTED),
              help="How to print the answers; a table without it.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE",
              help="Keep the answers in a .csv, .json, .jsonl or .parquet file instead of printing them.")  # fmt: skip
@click.option("--top", type=click.IntRange(1), default=1, show_default=True, metavar="K", help="So many classes each.")
@click.option("--sets", is_flag=True, help="Also show each prediction set: all classes that are likely enough.")
@click.option("--force", is_flag=True, help="Replace what is there at --out.")
def command(
    model: str, pictures: tuple[str, ...], kind: str | None, out: Path | None, top: int, *, sets: bool, force: bool
) -> int:
    """Name pictures with MODEL, a model.sightline file or the folder of a run.

    A folder stands for all pictures below it, and - for names on the standard input, one a line. A
    picture that can't be read gets a row with its reason, and the status is then 1.

    However many pictures there are, a few are in memory. With --out, whatever ends the command, the
    same command goes on where it was: FILE.part grows until all answers are there.

    A prediction set is meant to hold the true class of 90 % of pictures. One class in it is a sure
    answer, several are a doubt, and none is a refusal: no class is likely enough. `sightline show`
    says what it was fitted on.
    """
    from sightline.inference.bundle import bundle_file, model_name
    from sightline.inference.tasks import load_classifier

    if kind and out:
        raise click.UsageError("--format is for answers that are printed; the ending of --out says what it is")
    if force and not out:
        raise click.UsageError("--force replaces what is there at --out, and there is no --out")
    classifier = load_classifier(model, threads=1)  # a portion a core
    calibration = classifier.required_calibration() if sets else None
    compares = classifier.rule.roster is not None
    origin = AnsweringModel(model_name(bundle_file(Path(model))), classifier.digest, compares)
    top = min(top, len(classifier.classes))
    names = _names(pictures)
    names = chain(list(islice(names, 1)), names)  # an empty folder is an error before anything is begun
    if out is None:
        unreadable = _print(classifier, names, _rows(kind, top, calibration, origin))
    else:
        with _answer_file(out, origin, top, sets=sets, force=force) as file:
            unreadable = _keep(classifier, names, file, calibration)
    return SOME_UNREADABLE if unreadable else 0


def _rows(kind: str | None, top: int, calibration: "Calibration | None", origin: AnsweringModel) -> "Rows":
    """Return what prints the answers."""
    if kind == "json":
        return JsonDocument(sys.stdout, top, calibration, origin)
    return (Csv if kind == "csv" else Table)(sys.stdout, top, calibration, origin)


def _print(classifier: "Classifier", names: Iterator[str], rows: "Rows") -> int:
    """Print the answers, and return how many are errors."""
    unreadable, notes = 0, Notes()
    rows.begin()
    with closing(classifier.predict_many(names)) as answers:
        for answer in notes.of(answers):
            rows.add(answer)
            unreadable += bool(answer.error)
    rows.end()
    sys.stdout.flush()
    _warn(notes)
    return unreadable


def _warn(notes: Notes) -> None:
    if notes.count:
        say(notes.warning, err=True)


@contextmanager
def _answer_file(out: Path, origin: AnsweringModel, top: int, *, sets: bool, force: bool) -> "Iterator[AnswerFile]":
    """Lock a file of answers, and begin it or take it up where it was left."""
    from sightline.app.predictions.file import AnswerFile, Question
    from sightline.core.lock import locked
    from sightline.core.version import __version__

    question, lock = Question(origin.digest, top, sets, __version__), out.with_name(f".{out.name}.lock")
    with locked(lock, out):
        try:
            yield AnswerFile(out, question, force=force, name=origin.model, compares=origin.compares)
        finally:
            with suppress(OSError):  # Windows removes no file that is open
                lock.unlink()


def _keep(classifier: "Classifier", names: Iterator[str], file: "AnswerFile", calibration: "Calibration | None") -> int:
    """Write the answers to a file, and return how many are errors."""
    left = file.left(names, batch=classifier.portion)
    if file.kept:
        say(f"going on after {file.kept:,} answers that are there already", err=True)
    notes = Notes()
    with closing(classifier.predict_many(left)) as answers:
        file.write(notes.of(answers), calibration)
    _warn(notes)
    say(f"written: {file.path}")
    return file.unreadable


def _names(places: Iterable[str]) -> Iterator[str]:
    """Yield the paths of the pictures in the order of their places on the command line."""
    from sightline.data.unread import UnreadPictures
    from sightline.line.pictures import picture_paths

    unread = UnreadPictures()
    for place in places:
        if place == STANDARD_INPUT:
            yield from _names_that_come_in()
        else:
            yield from picture_paths([place], unread=unread, left_out=_show_link)
    if unread:
        say(f"{unread.symptom}, such as {unread.first}; {unread.advice}", err=True)


def _names_that_come_in() -> Iterator[str]:
    if sys.stdin is None:
        raise DataError(
            f"the standard input is closed, and {STANDARD_INPUT} stands for the names on it",
            hint=f"name the pictures, or send their names: ls *.jpg | sightline predict MODEL {STANDARD_INPUT}",
        )
    for line in sys.stdin.buffer:
        yield os.fsdecode(line.removesuffix(b"\n"))


def _show_link(link: str) -> None:
    say(f"left out, for it leads outside the folder, to a folder, or lies too deep: {visible(link)}", err=True)
