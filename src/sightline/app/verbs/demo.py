"""``sightline demo``."""

import math
import time
from importlib import import_module
from pathlib import Path

import click

EPOCHS = 10
WIDTHS = (64, 128, 128)
"""Maps of the network's three stages: one that learns the digits in seconds."""
QUICK_IMPORT_SECONDS, SLOW_IMPORT_SECONDS = 6, 45
"""A usual machine imports all that a training needs in three seconds; one that is ten times slower, in thirty."""
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
    """Return how long the demo may take once everything is imported, so that a minute is kept where it can be.

    What follows the training, the model file and the report, takes about as long as the imports. The minutes come in
    coarse steps, so that a second command finds the same settings and goes on with an interrupted run.

    Args:
        import_seconds: How long this machine took to import all that a training needs.

    Example:
        >>> [minutes_to_train(seconds) for seconds in (3, 30, 150)]
        [0.75, 0.25, 1.0]
    """
    if import_seconds < QUICK_IMPORT_SECONDS:
        return 0.75
    return 0.25 * math.ceil(import_seconds / SLOW_IMPORT_SECONDS)


def _import_seconds() -> float:
    started = time.perf_counter()
    import_module("sightline.line.steps")
    return time.perf_counter() - started
