"""``sightline demo``."""

import time
from importlib import import_module
from pathlib import Path

import click

WIDTHS = (64, 128, 128)
"""Maps of the network's three stages: one that learns the digits in seconds."""
EPOCHS, LEAST_EPOCHS = ((6, 10), (15, 5)), 2
"""(seconds, epochs): where all that a training needs is imported in fewer seconds, so many epochs are learnt."""
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

    It needs no network and no data, and takes about a minute at most: a slow machine learns for fewer epochs.
    """
    from sightline.app.verbs.train import run_training
    from sightline.core.choose import require_extra

    require_extra("torch", extra="train", purpose="sightline demo")
    settings = {"widths": WIDTHS, "epochs": epochs_for(_import_seconds())}
    run_training("digits", out=out, options={"force": force}, named=settings)


def epochs_for(import_seconds: float) -> int:
    """Return how many epochs the demo takes, so that it keeps to a minute on a slow machine too.

    What follows the training, the model file and the report, takes about as long as the imports.

    Args:
        import_seconds: How long this machine took to import all that a training needs.

    Example:
        >>> [epochs_for(seconds) for seconds in (3, 10, 30)]
        [10, 5, 2]
    """
    return next((epochs for most, epochs in EPOCHS if import_seconds < most), LEAST_EPOCHS)


def _import_seconds() -> float:
    from sightline.line.train import NEEDED_AT_THE_END

    started = time.perf_counter()
    for module in ("sightline.line.steps", *NEEDED_AT_THE_END):
        import_module(module)
    return time.perf_counter() - started
