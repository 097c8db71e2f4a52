"""``sightline suspects``."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sightline.app.flags import accept_option, folders_option
from sightline.app.streams import say
from sightline.core.text import visible

if TYPE_CHECKING:
    from sightline.data.layout import Folders
    from sightline.line.trust.suspects import Suspects

SHOWN = 20
EXAMPLES = """\b
Examples:
  sightline suspects flowers/ --export suspects.csv --html suspects.html
  sightline train flowers/ --out run --corrections suspects.csv"""


@click.command(epilog=EXAMPLES)
@click.argument("data")
@accept_option
@click.option("--export", type=click.Path(path_type=Path), metavar="FILE.csv", help="Keep them as a table.")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE.html", help="Show the surest as pictures.")
@click.option("--ranking", type=click.Path(path_type=Path), metavar="FILE.csv", help="All labels, doubtful first.")
@click.option("--part", default="", metavar="PART", help="The part whose labels --ranking has, as test; else all.")
@click.option("--base", default="", metavar="NAME", help="What looks at the pictures: of `sightline models`, or auto.")
@click.option("--model", default="", metavar="NAME", help="Learn this model in folds, to judge alone or beside --base.")
@click.option("--answers", type=click.Path(path_type=Path), metavar="FILE.csv",
              help="Judge by a run's predictions.csv, or an out_of_fold.csv; nothing is learnt.")  # fmt: skip
@folders_option
@click.option("--seed", type=int, default=0, metavar="N", help="Decides the folds; 0 or more.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with every suspect.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def command(
    data: str,
    accept: tuple[str, ...],
    *,
    export: Path | None,
    html: Path | None,
    ranking: Path | None,
    part: str,
    base: str,
    model: str,
    answers: Path | None,
    folders: "Folders | None",
    seed: int,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Say which labels of DATA look wrong; DATA is what `sightline check` takes.

    Every picture is judged by what has not learnt from it: heads on what a base sees or, where no base
    is installed, a model that is learnt in folds; or by answers that are there, the predictions.csv of
    a run or the out_of_fold.csv of `sightline crossval`. The columns of the table are path, given,
    likelier, score and action: keep, relabel or drop. Change actions as you see fit; `sightline train
    --corrections` takes the table, and no file is ever touched.
    """
    from sightline.app.api.suspects import suspects
    from sightline.app.progress import narrator_of
    from sightline.core.json_values import json_line

    found = suspects(
        data,
        accept=accept,
        export=export,
        html=html,
        ranking=ranking,
        part=part,
        base=base,
        model=model,
        answers=answers,
        folders=folders or "auto",
        seed=seed,
        force=force,
        narrator=narrator_of(quiet=quiet),
    )
    if as_json:
        say(json_line(found.as_json()))
        return
    for line in _lines(found):
        say(line)
    for written in (export, html, ranking):
        if written is not None:
            say(f"written: {written}")


def _lines(found: "Suspects") -> Iterator[str]:
    yield found.errors.words
    rows = [row for row in found.table if row[-1] != "keep"][:SHOWN]
    if rows:
        yield "the surest of them:"
    for path, given, likelier, score, action in rows:
        yield visible(f"  {path}: {given}, rather {likelier} (score {float(score):.2f}; {action})")
