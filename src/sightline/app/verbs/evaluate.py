"""``sightline evaluate``."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sightline.app.flags import folders_option
from sightline.app.streams import say

if TYPE_CHECKING:
    from sightline.evaluation.report.overlap import Overlap
    from sightline.evaluation.scores import Scores

EXAMPLES = """\b
Examples:
  sightline evaluate run/model.sightline more-flowers/
  sightline evaluate run cifar10-jpeg.zip --part test --out evaluation"""


@click.command(epilog=EXAMPLES)
@click.argument("model")
@click.argument("data")
@click.option("--part", type=click.Choice(["train", "validation", "test", "all"]), metavar="PART",
              help="Which part of DATA, or all; without it test if DATA has one, else all.")  # fmt: skip
@folders_option
@click.option("--new-only", is_flag=True, help="Leave out what MODEL has learnt from or was chosen by.")
@click.option("--by", multiple=True, metavar="NAME",
              help="Figures by class, size, brightness, file type or a column of the table; else by each.")  # fmt: skip
@click.option("--corruptions", is_flag=True,
              help="Ask about noisy, blurred, dark, compressed, turned pictures too: 75 answers each.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Also write report.html, report.json, mistakes.html and predictions.csv there.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace a report that is there already.")
@click.option("--download", is_flag=True, help="Fetch a known data set that is missing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def command(model: str, data: str, *, as_json: bool, quiet: bool, **options: Any) -> None:
    """Measure MODEL (a model.sightline file or a run's folder) on the labelled pictures of DATA.

    A model of the task similarity compares pictures of classes that it does not know. DATA may be a folder of fixed
    episodes too: runNN/training, runNN/test, runNN/class_labels.txt.
    """
    from sightline.app.api.evaluate import evaluate
    from sightline.app.progress import narrator_of
    from sightline.core.json_values import json_line
    from sightline.evaluation.score_verdict import judge_scores
    from sightline.line.evaluation import Evaluation, Places

    narrator, out = narrator_of(quiet=quiet), options["out"]
    options["folders"] = options["folders"] or "auto"
    evaluation = evaluate(model, data, narrator=narrator, **options)
    if as_json:
        say(json_line(evaluation.as_json()))
        return
    if not isinstance(evaluation, Evaluation):
        for line in evaluation.lines():
            say(line)
        return
    narrator.tell_findings(evaluation.findings)
    worth = judge_scores(evaluation.scores)
    if worth is not None:
        click.secho(worth.words, fg="red", bold=True)
    for line in _lines(evaluation.scores, evaluation.overlap):
        say(line)
    say(evaluation.subgroups.words.replace("\u00a0", " "))
    if evaluation.robustness is not None:
        say(evaluation.robustness.words.replace("\u00a0", " "))
    if out is not None:
        files = Places.in_folder(out)
        say(f"report: {files.report}")
        say(f"mistakes: {files.mistakes}")
    say("what next:")
    for step in evaluation.steps:
        say(f"  {step.words}:\n    {step.command}")


def _lines(scores: "Scores", overlap: "Overlap") -> Iterator[str]:
    from sightline.core.percent import percent
    from sightline.core.text import visible
    from sightline.evaluation.report.result import untested_words
    from sightline.evaluation.words import interval_words

    mark = f"  ({overlap.seen:,} of them not new: the figures flatter)" if overlap.flatters else ""
    yield f"pictures           {scores.count:,}{mark}"
    yield f"accuracy           {percent(scores.accuracy)}  ({interval_words(scores.accuracy_interval)})"
    yield from untested_words(scores)
    always = f"always {scores.baseline_class!r}, the largest class in training"
    yield f"largest class      {percent(scores.baseline_accuracy)}  ({always})"
    if scores.top5 is not None:
        yield f"top-5 accuracy     {percent(scores.top5)}"
    for name in ("macro F1", "balanced accuracy"):
        key = name.lower().replace(" ", "_")
        interval = getattr(scores, f"{key}_interval")
        ends = "" if interval is None else f"  ({interval_words(interval)})"
        yield f"{name:<17}  {percent(getattr(scores, key))}{ends}"
    yield f"loss               {scores.loss:.4f}"
    yield ""
    names = [visible(one.name) for one in scores.per_class]
    width = max(map(len, names))
    yield f"{'class':<{width}}  precision  recall      F1  support"
    for name, one in zip(names, scores.per_class, strict=True):
        yield f"{name:<{width}}  {one.precision:>9.3f}  {one.recall:>6.3f}  {one.f1:>6.3f}  {one.support:>7,}"
