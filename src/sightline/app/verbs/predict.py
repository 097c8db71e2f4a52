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
def command(model: str, pictures: tuple[str, ...], kind: str, top: int) -> int:
    """Name pictures with MODEL, a model.sightline file or the folder of a run.

    A folder stands for all pictures below it. A picture that can't be read gets a row with its
    reason, and the status is then 1.
    """
    from sightline.inference.classifier import load

    classifier = load(model)
    top = min(top, len(classifier.classes))
    answers = _Watched(answer.top(top) for answer in classifier.predict_many(_files(pictures)))
    {"table": _print_table, "json": _print_json, "csv": _print_csv}[kind](answers, top)
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


def _print_table(answers: "Iterable[Prediction]", _: int) -> None:
    for answer in answers:
        named = "  ".join(f"{name} {share:.1%}" for name, share in answer.probabilities.items())
        click.echo(f"{answer.path}  {named or f'error: {answer.error}'}")


def _print_json(answers: "Iterable[Prediction]", _: int) -> None:
    """Print an array with one object a line, as the answers come."""
    click.echo("[", nl=False)
    for number, answer in enumerate(answers):
        row = {
            "path": answer.path,
            "label": answer.label or None,
            "probabilities": answer.probabilities,
            "error": answer.error or None,
        }
        text = json.dumps(row, ensure_ascii=False)
        escaped = text.encode(errors="backslashreplace").decode()  # names that are no text become JSON's own escapes
        click.echo(("," if number else "") + "\n  " + escaped, nl=False)
    click.echo("\n]")


def _print_csv(answers: "Iterable[Prediction]", top: int) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(
        [
            "path",
            *(f"{word}{place}" for place in range(1, top + 1) for word in ("label", "probability")),
            "error",
        ]
    )
    for answer in answers:
        cells = [cell for name, share in answer.probabilities.items() for cell in (name, f"{share:.9g}")]
        writer.writerow([answer.path, *(cells or [""] * (2 * top)), answer.error])
