"""``sightline ensemble``."""

from pathlib import Path
from typing import Any

import click

from sightline.app.flags import folders_option
from sightline.app.streams import say

EXAMPLES = """\b
Examples:
  sightline ensemble seed-0 seed-1 seed-2 --out joined/model.sightline
  sightline ensemble judged/folds/* --out joined/model.sightline --by vote"""


@click.command(epilog=EXAMPLES)
@click.argument("members", nargs=-1, metavar="RUN RUN ...")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="The model file to write.")
@click.option(
    "--by", default="mean", show_default=True, metavar="WAY", help="mean, vote, greedy; or weights, of one run."
)
@click.option("--data", metavar="DATA", help="Pictures to judge by, where the runs do not name them.")
@folders_option
@click.option("--dry-run", is_flag=True, help="Say what it will cost, from a few timed answers, and write nothing.")
@click.option("--force", is_flag=True, help="Replace what is there.")
@click.option("--download", is_flag=True, help="Fetch a known data set that is missing.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def command(members: tuple[str, ...], *, dry_run: bool, quiet: bool, **options: Any) -> None:
    """Make one model of several finished ones: of seeds, of the folds of a cross-validation, of kinds of models.

    Nothing is trained. Try the mean of one run's last weights first, --by weights: it answers as quickly as the run.

    The members must read pictures alike and know the same classes. The ensemble is judged by
    pictures that none of them has seen; the report beside FILE shows each member, how much they differ, the gain with
    its interval, and the cost in size and time.
    """
    from sightline.app.api.ensemble import cost, ensemble
    from sightline.app.progress import narrator_of
    from sightline.line.ensemble.ensemble import words_of

    options["folders"] = options["folders"] or "auto"
    narrator = narrator_of(quiet=quiet)
    if dry_run:
        shared = {name: options[name] for name in ("by", "data", "folders", "download")}
        say(cost(members, narrator=narrator, **shared).words)
        return
    joined = ensemble(members, narrator=narrator, **options)
    say(words_of(joined))
    say(f"report: {joined.report_html}")
    say(f"model:  {joined.file}")
