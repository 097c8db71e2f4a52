"""``sightline train``."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sightline.app.flags import folders_option
from sightline.app.streams import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.line.train import FinishedRun

EXAMPLES = """\b
Examples:
  sightline train flowers/ --out run
  sightline train cifar10-jpeg.zip --out run --optimizer momentum --set patience=5 resize=crop"""


@click.command(epilog=EXAMPLES)
@click.argument("words", nargs=-1, metavar="[DATA]")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="RUN", help="The run's folder.")
@click.option("--model", metavar="NAME", help="A network or pipeline that `sightline models` lists.")
@click.option("--recipe", metavar="NAME", help="photos, fast (small pictures) or plain; the pictures choose.")
@click.option("--base", metavar="NAME", help="A base that `sightline models` lists, or a model file of yours.")
@click.option("--weights", metavar="FILE", help="Weights for the base, in the place of its published ones.")
@click.option("--minutes", type=float, metavar="X", help="At most so many for the whole command.")
@click.option("--baseline", metavar="NAME", help="What a network is compared with: auto, none or a pipeline.")
@click.option("--epochs", type=int, metavar="N", help="At most so many times over the training part.")
@click.option("--batch-size", type=int, metavar="N", help="Pictures a step.")
@click.option("--optimizer", metavar="NAME", help="One that `sightline techniques optimizers` lists.")
@click.option("--learning-rate", type=float, metavar="X", help="Of the first step.")
@click.option("--augment", type=float, metavar="X", help="Alter training pictures at random: 0 (off) to 1.")
@click.option("--device", metavar="NAME", help="auto, cpu, cuda or mps.")
@click.option("--split-by", metavar="NAME", help="Test on the latest pictures: time (EXIF), or a column of the table.")
@folders_option
@click.option("--seed", type=int, metavar="N", help="Decides everything that is left to chance.")
@click.option("--seeds", type=int, metavar="N", help="So many trainings, for the spread; N times the time.")
@click.option(
    "--set", "assigned", multiple=True, metavar="KEY=VALUE ...", help="Any setting that `sightline settings` lists."
)
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE.toml", help="Settings from a file; DATA too.")
@click.option("--force", is_flag=True, help="Begin a finished run anew.")
@click.option("--download", is_flag=True, help="Fetch a known data set, or a base's weights, that are missing.")
@click.option(
    "--progress", type=click.Choice(["jsonl"]), help="Print an object a line, for programs; the last is the result."
)
@click.option("--quiet", is_flag=True, help="Show no progress, but the result and what should not be missed.")
def command(
    words: tuple[str, ...],
    out: Path,
    assigned: tuple[str, ...],
    config: Path | None,
    *,
    force: bool,
    download: bool,
    progress: str | None,
    quiet: bool,
    **flags: Any,
) -> None:
    """Train a classifier on DATA: check, split, fit the preprocessing, train, evaluate once, write RUN.

    A network is compared with a quick classical pipeline, which takes a tenth of its time.

    DATA is what `sightline check` takes. The same command again continues an interrupted RUN, and
    ends with the same weights, bit for bit; of a finished RUN it says the result again. A flag wins
    over --set, and --set over FILE.toml, such as another run's settings.toml.
    """
    from sightline.app.arguments import arguments_of
    from sightline.app.progress import narrator_of
    from sightline.core.choose import require_extra

    require_extra("torch", extra="train", purpose="sightline train")
    arguments = arguments_of(words, assigned=assigned, config=config, flags=flags, verb="train")
    narrator = narrator_of(progress=progress or "", quiet=quiet)
    options = {"force": force, "download": download, "narrator": narrator, "file": arguments.file}
    run_training(arguments.data, out=out, options=options, named=arguments.named)


def run_training(data: str, *, out: Path, options: Mapping[str, Any], named: Mapping[str, Any]) -> None:
    """Train, and end by saying what came out and where it is.

    Args:
        options: Of `sightline.train` besides settings: force, download, narrator, file.
        named: Settings by their names.
    """
    from sightline.app.api.train import train
    from sightline.app.progress import EventLines

    finished = train(data, out=out, **options, **named)
    narrator = options.get("narrator")
    if isinstance(narrator, EventLines):
        narrator.write("finished", **finished.as_json())
        return
    if finished.report["worth"]:
        click.secho(finished.report["worth"]["words"], fg="red", bold=True)
    for line in _lines(finished):
        say(line)


def _lines(finished: "FinishedRun") -> "Iterator[str]":
    from sightline.core.percent import percent
    from sightline.evaluation.report.result import untested_words
    from sightline.evaluation.scores import Scores

    test = finished.report["test"]
    low, high = test["accuracy_interval"]
    yield (
        f"accuracy on {test['count']:,} test pictures: {percent(test['accuracy'])} "
        f"(95 % interval {percent(low)} to {percent(high)}); "
        f"always the largest class in training: {percent(test['baseline_accuracy'])}"
    )
    yield from untested_words(Scores.of_json(test))
    for section in ("verdict", "comparison"):
        if finished.report[section]:
            yield finished.report[section]["words"]
    if finished.report["seeds"]:
        yield finished.report["seeds"]["words"].replace("\u00a0", " ")
    subgroups = finished.report["subgroups"]
    if subgroups and subgroups["worst"] and subgroups["worst"]["is_worse"]:
        yield subgroups["words"].replace("\u00a0", " ")
    yield f"report: {finished.report_html}"
    if test["accuracy"] < 1:
        yield f"mistakes: {finished.mistakes_html}"
    yield f"model:  {finished.model}"
    yield "what next:"
    for step in finished.report["next_steps"]:
        yield f"  {step['words']}:\n    {step['command']}"
