"""``sightline demo``."""

import time
from importlib import import_module
from pathlib import Path

import click

EPOCHS = 10
WIDTHS = (64, 128, 128)
"""Maps of the network's three stages: one that learns the digits in seconds."""
MINUTES, MOST_MINUTES = ((6, 0.75), (60, 0.5)), 2.0
"""(seconds, minutes): where all that a training needs is imported in fewer seconds, the clock is set to the minutes.

A machine that is slower still gets more, for it could not do anything in so little.
"""
EXAMPLES = """\b
Examples:
  sightline demo
  sightline demo --out my-first-run --force"""


@click.command(epilog=EXAMPLES)
@click.option("--out", type=click.Path(path_type=Path), default="demo-run", show_default=True, metavar="RUN",
              help="The run's folder.")  # fmt: skip
@click.option("--force", is_flag=True, help="Begin a finished run anew.")
def command(out: Path, *, force: bool) -> None:
    """Train a small network on scikit-learn's 1,797 handwritten digits and report on it.

    It needs no network and no data, and takes about a minute at most: on a slow machine the clock ends the training
    before all epochs are done.
    """
    from sightline.app.verbs.train import run_training
    from sightline.core.choose import require_extra

    require_extra("torch", extra="train", purpose="sightline demo")
    values = {"epochs": EPOCHS, "widths": WIDTHS, "minutes": minutes_to_train(_import_seconds())}
    run_training("digits", out=out, force=force, download=False, named=values, file={})


def minutes_to_train(import_seconds: float) -> float:
    """Return what the clock is set to once everything is imported, so that the whole demo takes a minute if it can.

    What follows the training, the model file and the report, takes about as long as the imports. The minutes come in
    coarse steps, so that a second command finds the same settings and goes on with an interrupted run.

    Args:
        import_seconds: How long this machine took to import all that a training needs.

    Example:
        >>> [minutes_to_train(seconds) for seconds in (3, 30, 90)]
        [0.75, 0.5, 2.0]
    """
    return next((minutes for most, minutes in MINUTES if import_seconds < most), MOST_MINUTES)


def _import_seconds() -> float:
    from sightline.line.train import NEEDED_AT_THE_END

    started = time.perf_counter()
    for module in ("sightline.line.steps", *NEEDED_AT_THE_END):
        import_module(module)
    return time.perf_counter() - started
