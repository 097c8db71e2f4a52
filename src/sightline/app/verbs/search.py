"""``sightline search``."""

from pathlib import Path
from typing import Any

import click

from sightline.app.streams import say
from sightline.app.training_flags import progress_flags, training_flags

EXAMPLES = """\b
Examples:
  sightline search flowers/ --space auto --trials 20 --out found --model basic-cnn
  sightline search flowers/ --space space.toml --minutes 60 --out found"""


@click.command(epilog=EXAMPLES)
@click.argument("words", nargs=-1, metavar="[DATA]")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="RUN", help="The folder of the search.")
@click.option("--space", default="auto", show_default=True, metavar="FILE.toml", help="What is searched through.")
@click.option("--trials", type=int, metavar="N", default=0, help="How many settings are tried in short trainings.")
@click.option("--sampler", default="tpe", show_default=True, metavar="NAME", help="tpe, random or grid.")
@click.option("--folds", type=int, metavar="K", default=0, help="Judge by K folds, not by the validation part.")
@click.option("--finalists", type=int, metavar="N", default=3, show_default=True, help="How many are trained in full.")
@click.option("--finalist-seeds", type=int, metavar="N", default=3, show_default=True, help="With how many seeds each.")
@click.option("--storage", default="", metavar="URL", help="A database, for several machines at one study.")
@training_flags
@click.option("--dry-run", is_flag=True, help="Say what it will cost, from a few timed steps, and train nothing.")
@click.option("--force", is_flag=True, help="Begin anew.")
@progress_flags
def command(
    words: tuple[str, ...],
    out: Path,
    assigned: tuple[str, ...],
    config: Path | None,
    *,
    dry_run: bool,
    force: bool,
    download: bool,
    progress: str | None,
    quiet: bool,
    **flags: Any,
) -> None:
    """Search for good settings on DATA, from many short trainings to a few long ones, and train the winner.

    Trials are judged by validation pictures; only the winner meets the test part, once. --minutes are for all trials
    together. FILE.toml has a line a setting: learning_rate = { low = 1e-4, high = 1e-1, log = true }, or
    optimizer = ["sgd", "adam"]. auto is learning rate and batch size.

    The same command again goes on after an interruption; given in a second terminal, it helps with the same search.
    """
    from sightline.app.api.search import cost, search
    from sightline.app.arguments import arguments_of
    from sightline.app.progress import EventLines, narrator_of
    from sightline.app.verbs.train import result_lines
    from sightline.core.choose import require_extra

    require_extra("torch", extra="train", purpose="sightline search")
    own = {name: flags.pop(name) for name in ("space", "trials", "sampler", "folds", "finalists", "finalist_seeds")}
    storage = flags.pop("storage")
    arguments = arguments_of(words, assigned=assigned, config=config, flags=flags, verb="search")
    narrator = narrator_of(progress=progress or "", quiet=quiet)
    options: dict[str, Any] = {"out": out, "download": download, "narrator": narrator, "file": arguments.file, **own}
    if dry_run:
        say(cost(arguments.data, **options, **arguments.named).words)
        return
    found = search(arguments.data, storage=storage, force=force, **options, **arguments.named)
    if isinstance(narrator, EventLines):
        narrator.write("finished", **found.as_json())
        return
    say(found.report["search"]["words"])
    say("the winner:")
    for line in result_lines(found):
        say(line)
