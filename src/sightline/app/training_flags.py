"""The flags of every verb that trains: settings of its trainings, and how its progress is shown."""

from collections.abc import Callable, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import click

from sightline.app.flags import accept_option, folders_option

Command = Callable[..., Any]

SETTINGS_FLAGS: tuple[Callable[[Command], Command], ...] = (
    click.option("--task", metavar="NAME", help="classification, or similarity."),
    click.option("--model", metavar="NAME", help="One of `sightline models`."),
    click.option("--recipe", metavar="NAME", help="photos, fast or plain; the pictures choose."),
    click.option("--base", metavar="NAME", help="One of `sightline models`, or a file of yours."),
    click.option("--weights", metavar="FILE", help="In the place of the base's published ones."),
    click.option("--unfreeze", metavar="N", help="Blocks of the base that learn on: N, none, all."),
    click.option("--unlabelled", metavar="PLACE", help="Pictures without labels too; `rows`: DATA's own."),
    click.option("--minutes", type=float, metavar="X", help="At most so many for the whole command."),
    click.option("--baseline", metavar="NAME", help="auto, none or a pipeline to compare with."),
    click.option("--epochs", type=int, metavar="N", help="At most so many times over the training part."),
    click.option("--batch-size", type=int, metavar="N", help="Pictures a step."),
    click.option("--loss", metavar="NAME", help="One of `sightline techniques losses`."),
    click.option("--optimizer", metavar="NAME", help="One of `sightline techniques optimizers`."),
    click.option("--learning-rate", metavar="X", help="Of the first step; auto measures it."),
    click.option("--augment", type=float, metavar="X", help="Alter training pictures at random: 0 (off) to 1."),
    click.option("--device", metavar="NAME", help="auto, cpu, cuda or mps."),
    click.option("--split-by", metavar="NAME", help="Test on the latest: time (EXIF), or a column."),
    folders_option,
    accept_option,
    click.option("--corrections", metavar="FILE.csv", help="Corrected labels, as `suspects` writes them."),
    click.option("--seed", type=int, metavar="N", help="Decides everything that is left to chance."),
    click.option("--seeds", type=int, metavar="N", help="So many trainings, for the spread; N times the time."),
    click.option(
        "--set", "assigned", multiple=True, metavar="KEY=VALUE ...", help="Any setting that `sightline settings` lists."
    ),
    click.option(
        "--config", type=click.Path(path_type=Path), metavar="FILE.toml", help="Settings from a file; DATA too."
    ),
)
PROGRESS_FLAGS: tuple[Callable[[Command], Command], ...] = (
    click.option("--download", is_flag=True, help="Fetch a known data set, or a base's weights, that are missing."),
    click.option(
        "--progress", type=click.Choice(["jsonl"]), help="Print an object a line, for programs; the last is the result."
    ),
    click.option("--quiet", is_flag=True, help="Show no progress, but the result and what should not be missed."),
)


def training_flags(command: Command) -> Command:
    """Give a verb a flag for the settings that are named most, and `--set` and `--config` for all others."""
    return _with(SETTINGS_FLAGS, command)


def progress_flags(command: Command) -> Command:
    """Give a verb what decides what it fetches and what it shows."""
    return _with(PROGRESS_FLAGS, command)


def _with(flags: Sequence[Callable[[Command], Command]], command: Command) -> Command:
    return reduce(lambda decorated, flag: flag(decorated), reversed(flags), command)
