"""CIFAR-10 from 60,000 JPEG files to a test figure, by one of several recipes.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/cifar10.py RECIPE RUN

RECIPE is a network (basic-cnn, basic-cnn-augmented, quick-cnn) or a classical pipeline (hog-svm,
fisher-pyramid, kmeans-patches); they take up to 45 minutes on 2 cores. It runs the command line as a
user would and writes docs/benchmarks/cifar10-RECIPE.md. The same command continues it after an
interruption, and only writes the table of a run that is finished.
"""

import json
import tempfile
from pathlib import Path

from bench.archives import CIFAR10, archive
from bench.origin import origin
from bench.pages import DOCS, publish, table
from bench.processes import SIGHTLINE, cost_of
from bench.settings import started

RECIPES = {
    "basic-cnn": "--model basic-cnn --optimizer adam --batch-size 32 --epochs 20",
    "basic-cnn-augmented": "--model basic-cnn --optimizer adam --batch-size 64 --epochs 15 "
    "--set flip_horizontal=0.5 crop=0.0625",
    "quick-cnn": "--model quick-cnn --epochs 12 --batch-size 256 --optimizer muon --learning-rate 0.01 "
    "--set schedule=one-cycle weight_decay=0.5 label_smoothing=0.1 flip_horizontal=0.5 crop=0.09 "
    "validation_fraction=0.05 views=moved",
    "hog-svm": "--model hog-svm",
    "fisher-pyramid": "--model fisher-pyramid",
    "kmeans-patches": "--model kmeans-patches --set validation_fraction=0.05",
}
TINY = {"basic-cnn": "--model basic-cnn --epochs 1 --baseline none"}
PAGE = "# CIFAR-10: {recipe}\n\n<!-- figures -->\n\n<!-- end of figures -->\n"


def train(path, run, settings):
    """Train if that is not done yet, and keep what it took beside the report."""
    if not (run / "report.json").exists():
        cost = cost_of(SIGHTLINE, "train", path, "--out", run, *settings.split())
        (run / "cost.json").write_text(json.dumps(cost._asdict()))
    return (json.loads((run / name).read_text()) for name in ("report.json", "cost.json"))


def rows(report, cost):
    """Yield the figures of a finished run."""
    test, split = report["test"], report["split"]
    low, high = test["accuracy_interval"]
    interval = f"{test['accuracy']:.2%} (95 % interval {low:.2%} to {high:.2%})"
    yield f"accuracy on {test['count']:,} test pictures", interval
    yield "pictures to learn from / to choose by", f"{split['train']:,} / {split['validation']:,}"
    yield "macro F1, top-5 accuracy, loss", f"{test['macro_f1']:.2%}, {test['top5']:.2%}, {test['loss']:.4f}"
    yield from learning(report)
    yield "from files to figure, s; peak memory, GB", f"{cost['seconds']:,.0f}; {cost['megabytes'] / 1024:.1f}"
    yield "numbers learnt", f"{report['parameters']:,}"
    yield "the test part was read", f"{test['readings']} time(s)"
    yield "verdict", report["verdict"]["words"]


def learning(report):
    """Yield the figures on how it was learnt."""
    training, fitting = report["training"], report["fitting"]
    if fitting is None:
        yield "epochs, the best", f"{training['epochs']}, {training['best_epoch']}"
        yield "training with validation, s", f"{training['seconds']:,.0f}"
        yield "pictures a second", f"{training['images_per_second']:,.0f}"
        return
    value, training_accuracy, validation_accuracy = fitting["trials"][fitting["chosen"]]
    yield "seconds of each stage", "; ".join(f"{name} {seconds:,.0f}" for name, seconds in fitting["stages"])
    yield f"{fitting['what']}, of {len(fitting['trials'])} tried", f"{value:g}"
    yield "accuracy in training / validation", f"{training_accuracy:.2%} / {validation_accuracy:.2%}"


def main() -> None:
    """Train if that is not done yet, and write the table."""
    tiny, recipes, (recipe, run) = started(__doc__, full=RECIPES, tiny=TINY, words=("recipe", "run"))
    recipe = recipe or next(iter(recipes))
    with tempfile.TemporaryDirectory() as folder, archive(CIFAR10, tiny=tiny) as path:
        figures = rows(*train(path, Path(run or f"{folder}/run"), recipes[recipe]))
        command = f"    sightline train cifar10-jpeg.zip --out RUN {recipes[recipe]}"
        text = f"{origin()}\n\n{command}\n\n{table(['figure', 'value'], figures)}"
    page = f"benchmarks/cifar10-{recipe}.md"
    if not (DOCS / page).exists():
        (DOCS / page).write_text(PAGE.format(recipe=recipe))
    publish(page, {"figures": text}, tiny=tiny)


if __name__ == "__main__":
    main()
