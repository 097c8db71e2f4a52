"""CIFAR-10 from 60,000 JPEG files to a test figure, with basic-cnn, Adam, batch 32 and at most 20 epochs.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/cifar10_basic_cnn.py RUN

It runs the command line as a user would, about twenty minutes on 2 cores; the table is in
docs/benchmarks/cifar10-basic-cnn.md. The same command continues it after an interruption.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

TABLE = Path(__file__).parent.parent / "docs" / "benchmarks" / "cifar10-basic-cnn.md"
FLAGS = ["--model", "basic-cnn", "--optimizer", "adam", "--batch-size", "32", "--epochs", "20"]


def main() -> None:
    """Train and write the table."""
    run = Path(sys.argv[1])
    archive = Path(os.environ["SIGHTLINE_DATA"]) / "cifar10-jpeg.zip"
    command = [str(Path(sys.executable).parent / "sightline"), "train", str(archive), "--out", str(run), *FLAGS]
    subprocess.run(command, check=True)  # noqa: S603
    report = json.loads((run / "report.json").read_text())
    test, training, split = report["test"], report["training"], report["split"]
    low, high = test["accuracy_interval"]
    text = f"""# CIFAR-10 with basic-cnn

Written by `benchmarks/cifar10_basic_cnn.py`, which runs
`sightline train cifar10-jpeg.zip --out RUN {" ".join(FLAGS)}` on {os.cpu_count()} cores.

| figure | value |
|---|---|
| accuracy on {test["count"]:,} test pictures | {test["accuracy"]:.2%} (95 % interval {low:.2%} to {high:.2%}) |
| pictures to learn from / to choose by | {split["train"]:,} / {split["validation"]:,} |
| macro F1, top-5 accuracy, loss | {test["macro_f1"]:.2%}, {test["top5"]:.2%}, {test["loss"]:.4f} |
| epochs, the best | {training["epochs"]}, {training["best_epoch"]} |
| training with validation, s | {training["seconds"]:,.0f} |
| pictures a second | {training["images_per_second"]:,.0f} |
| parameters | {report["parameters"]:,} |
| verdict | {report["verdict"]["words"]} |
"""
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
