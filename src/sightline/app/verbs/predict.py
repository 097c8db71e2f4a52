"""``sightline predict``."""

import csv
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sightline.evaluation.calibration import Calibration
    from sightline.inference.classifier import Prediction

SOME_UNREADABLE = 1
EXAMPLES = """\b
Examples:
  sightline predict run/model.sightline new.jpg
  sightline predict run/model.sightline photos/ --format csv --top 3 > answers.csv"""


@click.command(epilog=EXAMPLES)
@click.argument("model")
@click.argument("pictures", nargs=-1, required=True, metavar="PICTURE-OR-FOLDER...")
@click.option("--format", "kind", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True,
              help="How to print the answers.")  # fmt: skip
@click.option("--top", type=click.IntRange(1), default=1, show_default=True, metavar="K", help="So many classes each.")
@click.option("--sets", is_flag=True, help="Also print each prediction set: all classes that are likely enough.")
def command(model: str, pictures: tuple[str, ...], kind: str, top: int, *, sets: bool) -> int:
    """Name pictures with MODEL, a model.sightline file or the folder of a run.

    A folder stands for all pictures below it. A picture that can't be read gets a row with its
    reason, and the status is then 1.

    A prediction set is meant to hold the true class of 90 % of pictures. One class in it is a sure
    answer, several are a doubt, and none is a refusal: no class is likely enough. `sightline show`
    says what it was fitted on.
    """
    from sightline.inference.classifier import load

    classifier = load(model)
    calibration = classifier.required_calibration() if sets else None
    top = min(top, len(classifier.classes))
    answers = _Watched(answer.top(top) for answer in classifier.predict_many(_files(pictures)))
    {"table": _print_table, "json": _print_json, "csv": _print_csv}[kind](answers, top, calibration)
    return SOME_UNREADABLE if answers.unreadable else 0


class _Watched:
    """Passes answers on and counts the unreadable pictures among them."""

    def __init__(self, answers: "Iterable[Prediction]") -> None:
        self._answers = answers
        self.unreadable = 0

    def __iter__(self) -> "Iterator[Prediction]":
        for answer in self._answers:
            self.unreadable += bool(answer.error)
            yield answer


def _files(pictures: tuple[str, ...]) -> Iterator[str]:
    from sightline.core.errors import DataError
    from sightline.data.listings import list_folder
    from sightline.imaging.photo import SUFFIXES

    for picture in pictures:
        if not os.path.isdir(picture):  # noqa: PTH112 - Path raises over a name that is too long
            yield picture
            continue
        found = [file for file in list_folder(Path(picture)).files if Path(file).suffix.lower() in SUFFIXES]
        if not found:
            raise DataError(f"{picture} holds no picture", hint=f"pictures end in {', '.join(sorted(SUFFIXES))}")
        yield from (os.path.join(picture, file) for file in found)  # noqa: PTH118 - keeps the user's own spelling


def _print_table(answers: "Iterable[Prediction]", _: int, calibration: "Calibration | None") -> None:
    for answer in answers:
        named = [f"{name} {share:.1%}" for name, share in answer.probabilities.items()]
        if calibration and answer.set is not None:
            named.append(f"set: {', '.join(answer.set)}" if answer.set else calibration.refusal)
        click.echo("  ".join([answer.path, *(named or [f"error: {answer.error}"])]))


def _print_json(answers: "Iterable[Prediction]", _: int, calibration: "Calibration | None") -> None:
    """Print an array with one object a line, as the answers come."""
    click.echo("[", nl=False)
    for number, answer in enumerate(answers):
        row = {
            "path": answer.path,
            "label": answer.label or None,
            "probabilities": answer.probabilities,
            **({"set": answer.set} if calibration else {}),
            "error": answer.error or None,
        }
        text = json.dumps(row, ensure_ascii=False)
        escaped = text.encode(errors="backslashreplace").decode()  # names that are no text become JSON's own escapes
        click.echo(("," if number else "") + "\n  " + escaped, nl=False)
    click.echo("\n]")


def _print_csv(answers: "Iterable[Prediction]", top: int, calibration: "Calibration | None") -> None:
    """Print a row a picture; a set is a JSON list in one cell, for a class may be called anything."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(
        [
            "path",
            *(f"{word}{place}" for place in range(1, top + 1) for word in ("label", "probability")),
            *(["set"] if calibration else []),
            "error",
        ]
    )
    for answer in answers:
        cells = [cell for name, share in answer.probabilities.items() for cell in (name, f"{share:.9g}")]
        members = "" if answer.set is None else json.dumps(answer.set, ensure_ascii=False)
        writer.writerow([answer.path, *(cells or [""] * (2 * top)), *([members] if calibration else []), answer.error])
