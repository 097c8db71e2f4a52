"""``sightline evaluate``."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

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
@click.option("--new-only", is_flag=True, help="Leave out what MODEL has learnt from or was chosen by.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Also write report.html, report.json, mistakes.html and predictions.csv there.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace a report that is there already.")
@click.option("--download", is_flag=True, help="Fetch a known data set that is missing.")
def command(model: str, data: str, part: str | None, out: Path | None, **flags: bool) -> None:
    """Measure MODEL (a model.sightline file or a run's folder) on the labelled pictures of DATA."""
    from sightline.app.api.evaluate import evaluate
    from sightline.app.terminal import Terminal
    from sightline.evaluation.score_verdict import judge_scores

    narrator = Terminal()
    evaluation = evaluate(model, data, part=part, out=out, narrator=narrator, **flags)
    narrator.tell_findings(evaluation.findings)
    worth = judge_scores(evaluation.scores)
    if worth is not None:
        click.secho(worth.words, fg="red", bold=True)
    for line in _lines(evaluation.scores, evaluation.overlap):
        click.echo(line)
    if out is not None:
        click.echo(f"report: {out / 'report.html'}")
        click.echo(f"mistakes: {out / 'mistakes.html'}")


def _lines(scores: "Scores", overlap: "Overlap") -> Iterator[str]:
    from sightline.core.percent import percent
    from sightline.evaluation.words import interval_words

    mark = f"  ({overlap.seen:,} of them not new: the figures flatter)" if overlap.flatters else ""
    yield f"pictures           {scores.count:,}{mark}"
    yield f"accuracy           {percent(scores.accuracy)}  ({interval_words(scores.accuracy_interval)})"
    yield f"largest class      {percent(scores.baseline_accuracy)}  (always {scores.baseline_class!r})"
    if scores.top5 is not None:
        yield f"top-5 accuracy     {percent(scores.top5)}"
    for name in ("macro F1", "balanced accuracy"):
        key = name.lower().replace(" ", "_")
        interval = getattr(scores, f"{key}_interval")
        ends = "" if interval is None else f"  ({interval_words(interval)})"
        yield f"{name:<17}  {percent(getattr(scores, key))}{ends}"
    yield f"loss               {scores.loss:.4f}"
    yield ""
    width = max(len(one.name) for one in scores.per_class)
    yield f"{'class':<{width}}  precision  recall      F1  support"
    for one in scores.per_class:
        yield f"{one.name:<{width}}  {one.precision:>9.3f}  {one.recall:>6.3f}  {one.f1:>6.3f}  {one.support:>7,}"
