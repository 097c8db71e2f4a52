"""``sightline train``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

EXAMPLES = """\b
Examples:
  sightline train flowers/ --out run
  sightline train cifar10-jpeg.zip --out run --optimizer momentum --set patience=5 resize=crop"""


@click.command(epilog=EXAMPLES)
@click.argument("words", nargs=-1, required=True, metavar="DATA")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="RUN", help="The run's folder.")
@click.option("--model", metavar="NAME", help="A network or pipeline that `sightline models` lists.")
@click.option("--recipe", metavar="NAME", help="fast (small pictures, where no model is named) or plain.")
@click.option("--minutes", type=float, metavar="X", help="At most so many for the whole command.")
@click.option("--baseline", metavar="NAME", help="What a network is compared with: auto, none or a pipeline.")
@click.option("--epochs", type=int, metavar="N", help="At most so many times over the training part.")
@click.option("--batch-size", type=int, metavar="N", help="Pictures a step.")
@click.option("--optimizer", metavar="NAME", help="One that `sightline techniques optimizers` lists.")
@click.option("--learning-rate", type=float, metavar="X", help="Of the first step.")
@click.option("--augment", type=float, metavar="X", help="Alter training pictures at random: 0 (off) to 1.")
@click.option("--device", metavar="NAME", help="auto, cpu, cuda or mps.")
@click.option("--seed", type=int, metavar="N", help="Decides everything that is left to chance.")
@click.option(
    "--set", "assigned", multiple=True, metavar="KEY=VALUE ...", help="Any setting that `sightline settings` lists."
)
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE.toml", help="Settings from a file.")
@click.option("--force", is_flag=True, help="Begin a finished run anew.")
@click.option("--download", is_flag=True, help="Fetch a known data set that is missing.")
def command(
    words: tuple[str, ...],
    out: Path,
    assigned: tuple[str, ...],
    config: Path | None,
    *,
    force: bool,
    download: bool,
    **flags: Any,
) -> None:
    """Train a classifier on DATA: check, split, fit the preprocessing, train, evaluate once, write RUN.

    A network is compared with a quick classical pipeline, which takes a tenth of its time.

    DATA is what `sightline check` takes. The same command again continues an interrupted RUN, and
    ends with the same weights, bit for bit. A flag wins over --set, and --set over FILE.toml.
    """
    from sightline.app.arguments import arguments_of
    from sightline.core.choose import require_extra

    require_extra("torch", extra="train", purpose="sightline train")
    arguments = arguments_of(words, assigned=assigned, config=config, flags=flags, verb="train")
    run_training(arguments.data, out=out, force=force, download=download, named=arguments.named, file=arguments.file)


def run_training(
    data: str, *, out: Path, force: bool, download: bool, named: Mapping[str, Any], file: Mapping[str, Any]
) -> None:
    """Train, and end by saying what came out and where it is."""
    from sightline.app.api.train import train
    from sightline.core.percent import percent

    finished = train(data, out=out, force=force, download=download, file=file, **named)
    test = finished.report["test"]
    low, high = test["accuracy_interval"]
    click.echo(
        f"accuracy on {test['count']:,} test pictures: {percent(test['accuracy'])} "
        f"(95 % interval {percent(low)} to {percent(high)}); "
        f"always the largest class: {percent(test['baseline_accuracy'])}"
    )
    for section in ("verdict", "comparison"):
        if finished.report[section]:
            click.echo(finished.report[section]["words"])
    click.echo(f"report: {finished.report_html}")
    click.echo(f"model:  {finished.model}")
