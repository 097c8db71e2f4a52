"""``sightline crossval``."""

from pathlib import Path
from typing import Any

import click

from sightline.app.streams import say
from sightline.app.training_flags import progress_flags, training_flags

EXAMPLES = """\b
Examples:
  sightline crossval flowers/ --folds 5 --out judged --dry-run
  sightline crossval flowers/ --folds 10 --repeats 3 --out judged --model hog-svm"""


@click.command(epilog=EXAMPLES)
@click.argument("words", nargs=-1, metavar="[DATA]")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="RUN", help="The run's folder.")
@click.option("--folds", type=int, metavar="K", default=5, show_default=True, help="Into how many parts.")
@click.option("--repeats", type=int, metavar="R", default=1, show_default=True, help="How often, each time anew.")
@training_flags
@click.option("--dry-run", is_flag=True, help="Say what it will cost, from a few timed steps, and train nothing.")
@click.option("--force", is_flag=True, help="Begin a finished one anew.")
@progress_flags
def command(
    words: tuple[str, ...],
    out: Path,
    folds: int,
    repeats: int,
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
    """Judge a kind of training on DATA by K folds, then train the final model, and write RUN.

    A test part is reserved first. What it leaves is divided into K folds; the pictures of each are answered by a model
    that has learnt from the others. The final model learns from all of them and meets the test part once. The same
    command again goes on after an interruption, fold by fold.

    Below some 2,000 pictures this says much more than one test part: every picture is tested.
    """
    from sightline.app.api.crossval import cost, crossval
    from sightline.app.arguments import arguments_of
    from sightline.app.progress import EventLines, narrator_of
    from sightline.core.choose import require_extra

    require_extra("torch", extra="train", purpose="sightline crossval")
    arguments = arguments_of(words, assigned=assigned, config=config, flags=flags, verb="crossval")
    narrator = narrator_of(progress=progress or "", quiet=quiet)
    options: dict[str, Any] = {"out": out, "folds": folds, "repeats": repeats, "download": download}
    options |= {"narrator": narrator, "file": arguments.file, **arguments.named}
    if dry_run:
        say(cost(arguments.data, **options).words)
        return
    finished = crossval(arguments.data, force=force, **options)
    if isinstance(narrator, EventLines):
        narrator.write("finished", **finished.as_json())
        return
    say(finished.report["cross_validation"]["words"])
    say(f"out-of-fold answers: {finished.out_of_fold}")
    from sightline.app.verbs.train import result_lines

    say("the final model:")
    for line in result_lines(finished):
        say(line)
