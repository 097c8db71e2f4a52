"""``sightline compare``."""

from typing import Any

import click

from sightline.app.flags import folders_option
from sightline.app.streams import say

EXAMPLES = """\b
Examples:
  sightline compare run run-2 run-3
  sightline compare old.sightline run/model.sightline --data new-flowers/"""


@click.command(epilog=EXAMPLES)
@click.argument("models", nargs=-1, metavar="A B ...")
@click.option("--data", metavar="DATA", help="Labelled pictures that are new to all of them.")
@click.option("--part", type=click.Choice(["train", "validation", "test", "all"]), metavar="PART",
              help="Which part of DATA, or all; without it test if DATA has one, else all.")  # fmt: skip
@folders_option
@click.option("--download", is_flag=True, help="Fetch a known data set that is missing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def command(models: tuple[str, ...], *, as_json: bool, quiet: bool, **options: Any) -> None:
    """Say which of several models is better, and whether that is more than chance.

    A and B are folders of runs that were tested on the same pictures, or of cross-validations with the same folds;
    with --data, model files too. Each pair has one test, which gives the interval and the verdict; for more than two
    models all intervals are wider, so that together they are right 95 in 100 times.
    """
    from sightline.app.api.compare import compare
    from sightline.app.progress import narrator_of
    from sightline.core.json_values import json_line

    options["folders"] = options["folders"] or "auto"
    ranking = compare(models, narrator=narrator_of(quiet=quiet), **options)
    if as_json:
        say(json_line(ranking.as_json()))
        return
    for line in ranking.lines():
        say(line)
