"""CIFAR-10 from 60,000 JPEG files to a test figure, by one of several recipes.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/cifar10.py RECIPE RUN

RECIPE is a network (basic-cnn, basic-cnn-augmented, quick-cnn) or a classical pipeline (hog-svm,
fisher-pyramid, kmeans-patches); they take up to 45 minutes on 2 cores. It runs the command line as a
user would and writes docs/benchmarks/cifar10-RECIPE.md. The same command continues it after an
interruption, and only writes the table of a run that is finished.
"""

import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

TABLES = Path(__file__).parent.parent / "docs" / "benchmarks"
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


def main() -> None:
    """Train if that is not done yet, and write the table."""
    recipe, run = sys.argv[1], Path(sys.argv[2])
    archive = Path(os.environ["SIGHTLINE_DATA"]) / "cifar10-jpeg.zip"
    if not (run / "report.json").exists():
        sightline = Path(sys.executable).parent / "sightline"
        command = [str(sightline), "train", str(archive), "--out", str(run), *RECIPES[recipe].split()]
        started = time.perf_counter()
        subprocess.run(command, check=True)  # noqa: S603
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        cost = {"seconds": time.perf_counter() - started, "peak_gigabytes": peak}
        (run / "cost.json").write_text(json.dumps(cost))
    report, cost = (json.loads((run / name).read_text()) for name in ("report.json", "cost.json"))
    text = table(recipe, report, cost)
    (TABLES / f"cifar10-{recipe}.md").write_text(text)
    print(text)


def table(recipe: str, report: dict, cost: dict) -> str:
    """Return the page of a finished run."""
    test, split = report["test"], report["split"]
    low, high = test["accuracy_interval"]
    return f"""# CIFAR-10: {recipe}

Written by `benchmarks/cifar10.py {recipe} RUN`, which runs

    sightline train cifar10-jpeg.zip --out RUN {RECIPES[recipe]}

on {os.cpu_count()} cores ({processor()}).

| figure | value |
|---|---|
| accuracy on {test["count"]:,} test pictures | {test["accuracy"]:.2%} (95 % interval {low:.2%} to {high:.2%}) |
| pictures to learn from / to choose by | {split["train"]:,} / {split["validation"]:,} |
| macro F1, top-5 accuracy, loss | {test["macro_f1"]:.2%}, {test["top5"]:.2%}, {test["loss"]:.4f} |
{course(report)}
| from files to figure, s; peak memory, GB | {cost["seconds"]:,.0f}; {cost["peak_gigabytes"]:.1f} |
| numbers learnt | {report["parameters"]:,} |
| the test part was read | {test["readings"]} time(s) |
| verdict | {report["verdict"]["words"]} |
"""


def course(report: dict) -> str:
    """Return the rows on how it was learnt."""
    training, fitting = report["training"], report["fitting"]
    if fitting is None:
        return (
            f"| epochs, the best | {training['epochs']}, {training['best_epoch']} |\n"
            f"| training with validation, s | {training['seconds']:,.0f} |\n"
            f"| pictures a second | {training['images_per_second']:,.0f} |"
        )
    stages = "; ".join(f"{name} {seconds:,.0f}" for name, seconds in fitting["stages"])
    value, training_accuracy, validation_accuracy = fitting["trials"][fitting["chosen"]]
    return (
        f"| seconds of each stage | {stages} |\n"
        f"| {fitting['what']}, of {len(fitting['trials'])} tried | {value:g} |\n"
        f"| accuracy in training / validation | {training_accuracy:.2%} / {validation_accuracy:.2%} |"
    )


def processor() -> str:
    """Return what the machine calls its processor."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
