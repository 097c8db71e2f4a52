"""Time from 60,000 JPEG files to a test figure: `sightline train` beside the usual Keras example, in one run.

    SIGHTLINE_DATA=... KERAS_PYTHON=.../bin/python .venv/bin/python benchmarks/time_to_accuracy.py [ROW ...]

KERAS_PYTHON is the Python of a virtual environment with `pip install tensorflow-cpu pillow`; without it the unit is
not measured, and only a tiny setting goes on. The unit is the median epoch of the Keras example: the network of
`basic-cnn`, Adam, batches of 32, the training files read by `image_dataset_from_directory` and cached in memory. Our
times are of the whole command, from a cold start with an empty cache of pictures to the report on the test part. The
table is in docs/performance.md; rows that are not named keep out of it. All rows take about 20 minutes on 2 cores.
"""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

from bench.archives import CIFAR10, archive
from bench.origin import origin
from bench.pages import publish, table
from bench.processes import SIGHTLINE, cost_of
from bench.settings import started
from bench.turns import spread

EPOCHS = 3


class Wanted(NamedTuple):
    """Our settings, the accuracy that is asked for, and in how many units."""

    settings: str
    accuracy: float
    units: float


FULL = {
    "68.5 %": Wanted("--minutes 0.4 --set validation_fraction=0.02", 0.685, 1.0),
    "71.47 %": Wanted("--minutes 0.5 --set validation_fraction=0.02", 0.7147, 1.5),
    "90 %": Wanted("--epochs 11 --set validation_fraction=0.03 widths=64,256,256", 0.9, 35.0),
}
TINY = {"10 %": Wanted("--epochs 1 --set widths=4,4,4 batch_size=16", 0.1, 1.0)}
KERAS = """
import json, sys, time
import tensorflow as tf
from tensorflow.keras import Sequential, layers
folder, epochs = sys.argv[1], int(sys.argv[2])
started = time.perf_counter()
read = lambda part: tf.keras.utils.image_dataset_from_directory(
    f"{folder}/{part}", image_size=(32, 32), batch_size=32, shuffle=part == "train", seed=0, verbose=False)
train, test = read("train").cache().prefetch(tf.data.AUTOTUNE), read("test").cache().prefetch(tf.data.AUTOTUNE)
model = Sequential([
    layers.Input((32, 32, 3)), layers.Rescaling(1 / 255),
    layers.Conv2D(32, 3, activation="relu"), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
    layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
    layers.Conv2D(64, 3, activation="relu"), layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(),
    layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(10)])
model.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
seconds = []
class Clock(tf.keras.callbacks.Callback):
    def on_epoch_begin(self, *_): self.began = time.perf_counter()
    def on_epoch_end(self, *_): seconds.append(time.perf_counter() - self.began)
model.fit(train, epochs=epochs, verbose=0, callbacks=[Clock()])
_, accuracy = model.evaluate(test, verbose=0)
print(json.dumps({"epochs": seconds, "accuracy": accuracy, "seconds": time.perf_counter() - started,
                  "parameters": model.count_params(), "version": tf.__version__}))
"""


def keras(path):
    """Return what a training of the Keras example took: seconds of each epoch, and its test accuracy."""
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(path) as opened:
            opened.extractall(folder)
        (root,) = [below.parent for below in Path(folder).rglob("train") if below.is_dir()]
        command = [os.environ["KERAS_PYTHON"], "-c", KERAS, str(root), str(EPOCHS)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    return json.loads(answer.stdout.splitlines()[-1])


def ours(path, settings):
    """Return the seconds of a whole command with an empty cache, and its report."""
    with tempfile.TemporaryDirectory() as folder:
        words = [SIGHTLINE, "train", path, "--baseline", "none", *settings.split(), "--out", f"{folder}/run"]
        cost = cost_of(*words, SIGHTLINE_CACHE=f"{folder}/cache")
        return cost.seconds, json.loads(Path(folder, "run", "report.json").read_text())


def cells(name, wanted, path, unit):
    """Return a row of the table; `unit` is in seconds."""
    seconds, report = ours(path, wanted.settings)
    test, training = report["test"], report["training"]
    low, high = test["accuracy_interval"]
    reached = test["accuracy"] >= wanted.accuracy and seconds <= wanted.units * unit
    return [
        name, f"`{wanted.settings}`", f"{test['accuracy']:.2%} ({low:.1%} to {high:.1%})", f"{seconds:,.0f}",
        f"{training['seconds']:,.0f}", f"**{seconds / unit:.2f}**", f"{wanted.units:g}", "yes" if reached else "no",
    ]  # fmt: skip


def the_unit(path, *, tiny):
    """Return the unit in seconds, and a sentence on it."""
    if "KERAS_PYTHON" in os.environ:
        peer = keras(path)
        unit = spread(peer["epochs"]).median
        return unit, (
            f"the unit is {unit:.1f} s: an epoch of the Keras example (TensorFlow {peer['version']}, "
            f"{peer['parameters']:,} parameters), the median of {EPOCHS}, after which it is right on "
            f"{peer['accuracy']:.2%} of the test files"
        )
    message = "KERAS_PYTHON names no Python with TensorFlow, so there is nothing to compare with"
    if not tiny:
        sys.exit(message)
    return 1.0, f"{message}; the unit is 1 s"


def main() -> None:
    """Measure the unit and the rows, and write the section."""
    tiny, setting, names = started(__doc__, full=FULL, tiny=TINY, words=("rows...",))
    with archive(CIFAR10, tiny=tiny) as path:
        unit, note = the_unit(path, tiny=tiny)
        rows = [cells(name, setting[name], path, unit) for name in names or setting]
    heads = ["wanted", "settings", "accuracy on the test part", "seconds", "of these training", "units", "wanted units",
             "reached"]  # fmt: skip
    publish("performance.md", {"time to accuracy": f"{origin(note)}\n\n{table(heads, rows)}"}, tiny=tiny)


if __name__ == "__main__":
    main()
