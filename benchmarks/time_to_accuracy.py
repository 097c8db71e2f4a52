"""Time from 60,000 JPEG files to a test figure: `sightline train` beside the usual Keras example, in one run.

    SIGHTLINE_DATA=... KERAS_PYTHON=.../bin/python .venv/bin/python benchmarks/time_to_accuracy.py [ROW ...]

KERAS_PYTHON is the Python of a virtual environment with `pip install tensorflow-cpu pillow`; without it the unit is
not measured and the benchmark stops. The unit is the median epoch of the Keras example: the network of `basic-cnn`,
Adam, batches of 32, the training files read by `image_dataset_from_directory` and cached in memory. Our times are of
the whole command, from a cold start with an empty cache of pictures to the report on the test part. The table is in
docs/performance.md; rows that are not named keep out of it. All rows take about 20 minutes on 2 cores.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from statistics import median

from sections import machine, write_section

EPOCHS = 3
ROWS = {
    "68.5 %": ("--minutes 0.4 --set validation_fraction=0.02", 0.685, 1.0),
    "71.47 %": ("--minutes 0.5 --set validation_fraction=0.02", 0.7147, 1.5),
    "90 %": ("--epochs 11 --set validation_fraction=0.03 widths=64,256,256", 0.9, 35.0),
}
"""What is asked for: our settings, the accuracy, and in how many units."""
OURS = "train cifar10-jpeg.zip --baseline none"
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


def keras(archive, folder):
    """Return what a training of the Keras example took: seconds of each epoch, and its test accuracy."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    (root,) = [path.parent for path in Path(folder).rglob("train") if path.is_dir()]
    command = [os.environ["KERAS_PYTHON"], "-c", KERAS, str(root), str(EPOCHS)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    return json.loads(answer.stdout.splitlines()[-1])


def ours(archive, settings, folder):
    """Return the seconds of a whole command with an empty cache, and its report."""
    sightline = Path(sys.executable).parent / "sightline"
    words = OURS.replace("cifar10-jpeg.zip", str(archive)).split()
    started = time.perf_counter()
    subprocess.run(  # noqa: S603
        [str(sightline), *words, *settings.split(), "--out", f"{folder}/run"],
        check=True,
        env={**os.environ, "SIGHTLINE_CACHE": f"{folder}/cache"},
    )
    seconds = time.perf_counter() - started
    return seconds, json.loads(Path(folder, "run", "report.json").read_text())


def main() -> None:
    """Measure the unit and the rows, and write the section."""
    if "KERAS_PYTHON" not in os.environ:
        sys.exit("KERAS_PYTHON names no Python with TensorFlow, so there is nothing to compare with")
    archive = Path(os.environ["SIGHTLINE_DATA"]) / "cifar10-jpeg.zip"
    with tempfile.TemporaryDirectory() as folder:
        peer = keras(archive, folder)
    unit = median(peer["epochs"])
    print(peer, flush=True)
    lines = []
    for name in sys.argv[1:] or ROWS:
        settings, wanted, units = ROWS[name]
        with tempfile.TemporaryDirectory() as folder:
            seconds, report = ours(archive, settings, folder)
        test, training = report["test"], report["training"]
        low, high = test["accuracy_interval"]
        lines.append(
            f"| {name} | `{settings}` | {test['accuracy']:.2%} ({low:.1%} to {high:.1%}) | {seconds:,.0f} "
            f"| {training['seconds']:,.0f} | **{seconds / unit:.2f}** | {units:g} "
            f"| {'yes' if test['accuracy'] >= wanted and seconds <= units * unit else 'no'} |"
        )
        print(lines[-1], flush=True)
    rows = "\n".join(lines)
    write_section(
        "Time to an accuracy",
        f"""Written by `benchmarks/time_to_accuracy.py` on {machine()}.

The unit is an epoch of the Keras example (TensorFlow {peer["version"]}, {peer["parameters"]:,} parameters, Adam,
batches of 32) on the same 50,000 training files: **{unit:.1f} s**, the median of {EPOCHS}; after them it is right on
{peer["accuracy"]:.2%} of the test files. Ours is the whole of
`sightline {OURS} ...` with an empty cache: reading
60,000 files, training on those of the training part that are not for validation, the proved model file, the figures of
the test part, the report.

| wanted | settings | accuracy on 10,000 test pictures | seconds | of these training | units | wanted units | reached |
|---|---|---|---|---|---|---|---|
{rows}
""",
    )


if __name__ == "__main__":
    main()
