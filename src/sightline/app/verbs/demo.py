"""``sightline demo``."""

from pathlib import Path

import click

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

    It needs no network and no data, and takes under a minute.
    """
    from sightline.app.verbs.train import run_training
    from sightline.core.choose import require_extra

    require_extra("torch", extra="train", purpose="sightline demo")
    run_training("digits", out=out, force=force, download=False, values={"epochs": 10})
