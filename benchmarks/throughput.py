"""Pictures a second in training: sightline, a bare PyTorch loop and Keras, and the share of the machine's peak.

    KERAS_PYTHON=.../bin/python .venv/bin/python benchmarks/throughput.py

KERAS_PYTHON is the Python of a virtual environment with `pip install tensorflow-cpu`; without it the column of Keras
stays empty. Each takes turns in a process of its own, on pictures of noise in memory, with Adam. Sightline runs its own
loop with watchers and all; the bare loop has the network in `channels_last` and floats that are centred beforehand.
The peak is the best of many products of two square matrices in float32. The table is in docs/performance.md; it
takes about 15 minutes on 2 cores.
"""

import json
import os
import subprocess
import time
from typing import NamedTuple

from bench.loops import Case, best_rate, possible
from bench.origin import origin
from bench.pages import publish, table
from bench.pictures import noise, untrained
from bench.processes import WAITING
from bench.settings import started
from bench.turns import in_turns, spread

VALIDATION = 8


class Row(NamedTuple):
    """A case, the side of its pictures in pixels, and the steps of an epoch."""

    case: Case
    side: int
    steps: int


class Setting(NamedTuple):
    """Rows, turns, and the side of the matrices."""

    rows: tuple[Row, ...]
    turns: int
    matrix: int


FULL = Setting(
    (
        Row(Case("basic-cnn", 32), 32, 150),
        Row(Case("basic-cnn", 128), 32, 40),
        Row(Case("basic-cnn", 32, "bf16"), 32, 150),
        Row(Case("basic-cnn", 128, "bf16"), 32, 40),
        Row(Case("resnet18", 64), 32, 6),
        Row(Case("resnet18", 16), 224, 3),
    ),
    turns=3,
    matrix=2048,
)
TINY = Setting((Row(Case("basic-cnn", 8), 32, 2),), turns=1, matrix=256)
KERAS = """
import json, sys, time
import numpy as np, tensorflow as tf
from tensorflow.keras import Model, Sequential, layers
model, side, batch, steps = sys.argv[1], *map(int, sys.argv[2:5])
if sys.argv[5] == "bf16":
    tf.keras.mixed_precision.set_global_policy("mixed_bfloat16")
def conv(x, width, stride=1, side=3):
    x = layers.Conv2D(width, side, stride, padding="same", use_bias=False)(x)
    return layers.BatchNormalization()(x)
def resnet18():
    x = first = layers.Input((side, side, 3))
    x = layers.Rescaling(1 / 255)(x)
    if side < 64:
        x = layers.ReLU()(conv(x, 64))
    else:
        x = layers.MaxPooling2D(3, 2, padding="same")(layers.ReLU()(conv(x, 64, 2, 7)))
    for stage, width in enumerate((64, 128, 256, 512)):
        for block in range(2):
            stride = 2 if stage and not block else 1
            aside = conv(x, width, stride, 1) if stride == 2 else x
            x = conv(layers.ReLU()(conv(x, width, stride)), width)
            x = layers.ReLU()(layers.Add()([x, aside]))
    return Model(first, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))
def basic_cnn():
    return Sequential([
        layers.Input((32, 32, 3)), layers.Rescaling(1 / 255),
        layers.Conv2D(32, 3, activation="relu"), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"), layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(10)])
network = {"basic-cnn": basic_cnn, "resnet18": resnet18}[model]()
network.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
pixels = np.random.default_rng(0).integers(0, 256, (batch * steps, side, side, 3), dtype=np.uint8)
labels = np.arange(len(pixels)) % 10
data = tf.data.Dataset.from_tensor_slices((pixels, labels)).shuffle(len(pixels)).batch(batch).prefetch(2)
seconds = []
for _ in range(3):
    started = time.perf_counter()
    network.fit(data, epochs=1, verbose=0)
    seconds.append(time.perf_counter() - started)
print(json.dumps(len(pixels) / min(seconds[1:])))
"""


def rate(loop, row):
    """Return pictures a second of one of our loops."""
    count = row.case.batch * row.steps
    return best_rate(loop, row.case, noise(row.side, count + VALIDATION), training=count)


def keras(row):
    """Return pictures a second of the same network in Keras."""
    words = [row.case.model, row.side, row.case.batch, row.steps, row.case.precision]
    variables = {name: value for name, value in os.environ.items() if name not in WAITING}
    command = [os.environ["KERAS_PYTHON"], "-c", KERAS, *map(str, words)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=variables)  # noqa: S603
    return json.loads(answer.stdout.splitlines()[-1])


def operations(row):
    """Return the floating-point operations of a training step for one picture."""
    import torch
    from torch.nn.functional import cross_entropy
    from torch.utils.flop_counter import FlopCounterMode

    pictures = noise(row.side, 2)
    model, _ = untrained(row.case.model, pictures)
    with FlopCounterMode(display=False) as counter:
        cross_entropy(model(torch.from_numpy(pictures.pixels)), torch.from_numpy(pictures.labels)).backward()
    return counter.get_total_flops() / 2


def peak(side):
    """Return the operations a second of float32 products of square matrices."""
    import torch

    matrix = torch.randn(side, side)
    seconds = []
    for _ in range(20):
        began = time.perf_counter()
        matrix @ matrix
        seconds.append(time.perf_counter() - began)
    return 2 * side**3 / min(seconds)


def cells(row, start, best):
    """Return a row of the table: the rates, sightline's ratio to each, and its share of the peak."""
    ways = {
        "ours": lambda: start.aside(rate, "ours", row),
        "bare": lambda: start.aside(rate, "bare, channels last", row),
        **({"keras": lambda: keras(row)} if "KERAS_PYTHON" in os.environ else {}),
    }
    rates = {way: spread(values).median for way, values in in_turns(ways, start.setting.turns).items()}
    beside = [
        cell for way in ("bare", "keras")
        for cell in ((f"{rates[way]:,.0f}", f"{rates['ours'] / rates[way]:.2f}") if way in rates else ("-", "-"))
    ]  # fmt: skip
    share = rates["ours"] * start.aside(operations, row) / best
    what = f"{row.case.model}, {row.side} px, {row.case.precision}"
    return [what, row.case.batch, f"{rates['ours']:,.0f}", *beside, f"{share:.0%}"]


def main() -> None:
    """Take turns and write the table."""
    start = started(__doc__, full=FULL, tiny=TINY)
    setting = start.setting
    if "KERAS_PYTHON" not in os.environ:
        print("KERAS_PYTHON names no Python with TensorFlow: the columns of Keras stay empty.")
    best = max(start.aside(peak, setting.matrix) for _ in range(setting.turns))
    usable = possible([row.case for row in setting.rows])
    rows = [cells(row, start, best) for row in setting.rows if row.case in usable]
    note = (
        f"Adam, medians of {setting.turns} turns, each the better of two epochs; the peak is {best / 1e9:,.0f} billion "
        "operations a second"
    )
    heads = ["network", "batch", "sightline", "bare PyTorch loop", "ratio", "Keras", "ratio", "of the peak"]
    publish("performance.md", {"throughput": f"{origin(note)}\n\n{table(heads, rows)}"}, tiny=start.tiny)


if __name__ == "__main__":
    main()
