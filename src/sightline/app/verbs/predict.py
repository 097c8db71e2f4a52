"""``sightline predict``."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sightline.app.predictions.rows import AnsweringModel, Csv, JsonDocument, Notes, Table
from sightline.app.streams import say
from sightline.core.errors import DataError
from sightline.core.text import visible

if TYPE_CHECKING:
    from sightline.app.predictions.file import AnswerFile, Question
    from sightline.app.predictions.rows import Rows
    from sightline.evaluation.trust.flagging import Flagging
    from sightline.inference.classifier import Classifier
    from sightline.inference.prediction import Prediction

SOME_UNREADABLE = 1
STANDARD_INPUT = "-"
PRINTED = ("table", "json", "csv")


EXPECTED = {
    "--sets": "may be missed: expected {least:g} to below {most:g}; give 0.05 for a promise about 95 %, or put --sets "
    "last",
    "--refuse": "may be refused: expected 0, which refuses none, to below {most:g}, such as 0.01",
}
"""What a share of pictures is for, and where it lies."""


class Share(click.ParamType[float]):
    """A share of pictures for which a promise need not hold.

    Args:
        flag: Whose value it is, one of `EXPECTED`.
    """

    name = "share"

    def __init__(self, flag: str) -> None:
        self._flag = flag

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the share, or end with what was expected."""
        from sightline.evaluation.prediction_sets import LEAST_MISSED, MOST_MISSED

        least = LEAST_MISSED if self._flag == "--sets" else 0.0
        try:
            share = float(value)
        except (TypeError, ValueError):
            share = -1.0
        if not least <= share < MOST_MISSED:
            expected = EXPECTED[self._flag].format(least=least, most=MOST_MISSED)
            self.fail(f"{value!r} is no share of pictures that {expected}", param, ctx)
        return share


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
@click.option("--sets", "missed", type=Share("--sets"), is_flag=False, flag_value="0.1", metavar="[SHARE]",
              help="Also each prediction set; it may miss the true class in this share (0.1).")  # fmt: skip
@click.option("--refuse", "rate", type=Share("--refuse"), metavar="SHARE",
              help="Share of known pictures that may be refused as unlike all classes (0.05).")  # fmt: skip
@click.option("--flag", metavar="CLASS", help="Name only pictures of this class, at a --precision or --recall.")
@click.option("--precision", type=float, metavar="SHARE", help="Of --flag: how many of those named shall be right.")
@click.option("--recall", type=float, metavar="SHARE", help="Of --flag: how many of the class shall be named.")
@click.option("--force", is_flag=True, help="Replace what is there at --out.")
def command(
    model: str,
    pictures: tuple[str, ...],
    kind: str | None,
    out: Path | None,
    top: int,
    *,
    missed: float | None,
    rate: float | None,
    flag: str | None,
    precision: float | None,
    recall: float | None,
    force: bool,
) -> int:
    """Name pictures with MODEL, a model.sightline file or the folder of a run.

    A folder stands for all pictures below it, and - for names on the standard input, one a line. A
    picture that can't be read gets a row with its reason, and the status is then 1.

    However many pictures there are, a few are in memory. With --out, whatever ends the command, the
    same command goes on where it was: FILE.part grows until all answers are there.

    A prediction set of --sets 0.05 is meant to hold the true class of 95 % of pictures: one class in
    it is a sure answer, several are a doubt. A picture that is unlike everything the model has learnt
    is refused: "none of these". `sightline show` says what both stand on.
    """
    from sightline.app.predictions.file import Question
    from sightline.core.version import __version__
    from sightline.inference.bundle import bundle_file, model_name
    from sightline.inference.tasks import load_classifier

    if kind and out:
        raise click.UsageError("--format is for answers that are printed; the ending of --out says what it is")
    if force and not out:
        raise click.UsageError("--force replaces what is there at --out, and there is no --out")
    if (flag is None) != (precision is None and recall is None) or None not in (precision, recall):
        raise click.UsageError("--flag CLASS goes with --precision SHARE or --recall SHARE, one of them")
    if flag is not None and out:
        raise click.UsageError("--flag is for answers that are printed; --out keeps the answers to all pictures")
    classifier = load_classifier(model, threads=1)  # a portion a core
    if missed is not None or rate is not None:
        classifier = classifier.judging(missed=missed, rate=rate)
    flagging = None if flag is None else _flagging(classifier, flag, precision, recall)
    compares = classifier.rule.roster is not None
    origin = AnsweringModel(model_name(bundle_file(Path(model))), classifier.digest, compares)
    top = min(top, len(classifier.classes))
    names = _names(pictures)
    names = chain(list(islice(names, 1)), names)  # an empty folder is an error before anything is begun
    if out is None:
        rows = _rows(kind, top, sets=missed is not None, origin=origin)
        unreadable = _print(classifier, names, rows, _wanted(flag, flagging))
    else:
        question = Question(origin.digest, top, missed, classifier.rate, __version__)
        with _answer_file(out, question, origin=origin, force=force) as file:
            unreadable = _keep(classifier, names, file)
    return SOME_UNREADABLE if unreadable else 0


def _rows(kind: str | None, top: int, *, sets: bool, origin: AnsweringModel) -> "Rows":
    """Return what prints the answers."""
    kinds: dict[str, type[Rows]] = {"json": JsonDocument, "csv": Csv}
    writer = kinds.get(kind or "", Table)
    return writer(sys.stdout, top, sets=sets, origin=origin)


def _flagging(classifier: "Classifier", flag: str, precision: float | None, recall: float | None) -> "Flagging":
    """Return from which probability on a class is flagged, and say what that was worth."""
    if recall is None:
        flagging = classifier.flagging(flag, wanted="precision", share=precision or 0.0)
    else:
        flagging = classifier.flagging(flag, wanted="recall", share=recall)
    say(visible(flagging.words(flag)), err=True)
    return flagging


def _wanted(flag: str | None, flagging: "Flagging | None") -> "Callable[[Prediction], bool]":
    """Return what says whether an answer is printed: all are, or those that are flagged and those that are errors."""
    if flag is None or flagging is None:
        return lambda _: True
    return lambda answer: (
        bool(answer.error) or (not answer.refusal and answer.probabilities[flag] >= flagging.threshold)
    )


def _print(
    classifier: "Classifier", names: Iterator[str], rows: "Rows", is_wanted: "Callable[[Prediction], bool]"
) -> int:
    """Print the answers, and return how many are errors."""
    unreadable, notes = 0, Notes()
    rows.begin()
    with closing(classifier.predict_many(names)) as answers:
        for answer in notes.of(answers):
            if is_wanted(answer):
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
def _answer_file(out: Path, question: "Question", *, origin: AnsweringModel, force: bool) -> "Iterator[AnswerFile]":
    """Lock a file of answers, and begin it or take it up where it was left."""
    from sightline.app.predictions.file import AnswerFile
    from sightline.core.lock import locked

    lock = out.with_name(f".{out.name}.lock")
    with locked(lock, out):
        try:
            yield AnswerFile(out, question, force=force, name=origin.model, compares=origin.compares)
        finally:
            with suppress(OSError):  # Windows removes no file that is open
                lock.unlink()


def _keep(classifier: "Classifier", names: Iterator[str], file: "AnswerFile") -> int:
    """Write the answers to a file, and return how many are errors."""
    left = file.left(names, batch=classifier.portion)
    if file.kept:
        say(f"going on after {file.kept:,} answers that are there already", err=True)
    notes = Notes()
    with closing(classifier.predict_many(left)) as answers:
        file.write(notes.of(answers))
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
