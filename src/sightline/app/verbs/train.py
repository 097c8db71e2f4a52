"""``sightline train``."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sightline.app.streams import say
from sightline.app.training_flags import progress_flags, training_flags

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
@training_flags
@click.option("--force", is_flag=True, help="Begin a finished run anew.")
@progress_flags
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

    DATA is what `sightline check` takes. A network is compared with a quick classical pipeline,
    which takes a tenth of its time. The same command again continues an interrupted RUN, and ends
    with the same weights, bit for bit; of a finished RUN it says the result again. A flag wins over
    --set, and --set over FILE.toml, such as another run's settings.toml.
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
    for line in result_lines(finished):
        say(line)


def result_lines(finished: "FinishedRun") -> "Iterator[str]":
    """Yield what a run came to, where its files are, and what to do next."""
    report = finished.report
    yield from _class_words(report) if report["test"] else report["similarity"]["words"]
    for section in ("verdict", "comparison"):
        if report[section]:
            yield report[section]["words"]
    if report["seeds"]:
        yield report["seeds"]["words"].replace("\u00a0", " ")
    subgroups = report["subgroups"]
    if subgroups and subgroups["worst"] and subgroups["worst"]["is_worse"]:
        yield subgroups["words"].replace("\u00a0", " ")
    yield f"report: {finished.report_html}"
    if report["test"] and report["test"]["accuracy"] < 1:
        yield f"mistakes: {finished.mistakes_html}"
    yield f"model:  {finished.model}"
    yield "what next:"
    for step in report["next_steps"]:
        yield f"  {step['words']}:\n    {step['command']}"


def _class_words(report: dict[str, Any]) -> "Iterator[str]":
    from sightline.core.percent import percent
    from sightline.evaluation.report.result import untested_words
    from sightline.evaluation.scores import Scores

    test = report["test"]
    low, high = test["accuracy_interval"]
    yield (
        f"accuracy on {test['count']:,} test pictures: {percent(test['accuracy'])} "
        f"(95 % interval {percent(low)} to {percent(high)}); "
        f"always the largest class in training: {percent(test['baseline_accuracy'])}"
    )
    yield from untested_words(Scores.of_json(test))
