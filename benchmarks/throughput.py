"""Pictures a second in training: sightline, a bare PyTorch loop and Keras, and the share of the machine's peak.

    KERAS_PYTHON=.../bin/python .venv/bin/python benchmarks/throughput.py

KERAS_PYTHON is the Python of a virtual environment with `pip install tensorflow-cpu`; without it the column of Keras
stays empty. Each takes turns in a process of its own, on pictures of noise in memory, with Adam. Sightline runs its own
loop with watchers and all; the bare loop has the network in `channels_last` and floats that are centred beforehand.
The peak is the best of many products of two 2,048 x 2,048 matrices in float32. The table is in docs/performance.md; it
takes about 15 minutes on 2 cores.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from sections import machine, write_section

TURNS = 3
CLASSES = 10


class Case(NamedTuple):
    """What is trained: a network, the side of its pictures, pictures a step, steps, and in how many bits."""

    model: str
    side: int
    batch: int
    steps: int
    precision: str = "fp32"


CASES = (
    Case("basic-cnn", 32, 32, 150),
    Case("basic-cnn", 32, 128, 40),
    Case("basic-cnn", 32, 32, 150, "bf16"),
    Case("basic-cnn", 32, 128, 40, "bf16"),
    Case("resnet18", 32, 64, 6),
    Case("resnet18", 224, 16, 3),
)
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


def case_of(words):
    """Return the case that was written as words."""
    model, side, batch, steps, precision = words
    return Case(model, int(side), int(batch), int(steps), precision)


def possible(cases):
    """Return the cases that this processor has instructions for."""
    from sightline.training.machine.devices import cpu_computes_in_bf16

    return [case for case in cases if case.precision == "fp32" or cpu_computes_in_bf16()]


def noise(case, count):
    """Return pictures (count, side, side, 3) uint8 and their labels."""
    import torch

    torch.manual_seed(0)
    return torch.randint(0, 256, (count, case.side, case.side, 3), dtype=torch.uint8), torch.arange(count) % CLASSES


def network(case, pixels):
    """Return a network with its fitted first layer."""
    import torch

    from sightline.imaging.picture_format import PictureFormat
    from sightline.imaging.preprocess import fitted
    from sightline.models.building import build_network

    torch.manual_seed(0)
    preprocess = fitted(PictureFormat(case.side, case.side), [pixels[:64].numpy()], centre="channel", scale="deviation")
    return build_network(case.model, preprocess, CLASSES)


def ours(case):
    """Return the better of two epochs after a first one, by sightline's loop."""
    import sightline  # noqa: F401, I001 - before torch, whose threads then wait as sightline has it
    import torch

    from sightline.training.checkpoints import Checkpoints
    from sightline.training.loop import fit
    from sightline.training.losses import LossSettings
    from sightline.training.machine.devices import MachineSettings
    from sightline.training.objectives.recipe import recipe_of
    from sightline.training.phase import Phase
    from sightline.training.recipe import StepSettings
    from sightline.training.samplers import LABEL
    from sightline.training.samples import Parts, Samples

    count = case.batch * case.steps
    pixels, labels = noise(case, count + 8)
    rows = torch.arange(len(labels))
    steps = StepSettings(epochs=3, batch_size=case.batch, schedule="constant", patience=0)
    machine = MachineSettings("cpu", case.precision)
    recipe = recipe_of(steps, LossSettings(), machine, counts=(case.steps,) * CLASSES, seed=0)
    training, validation = (Samples(pixels, {LABEL: labels}, part) for part in (rows[:count], rows[count:]))
    with tempfile.TemporaryDirectory() as folder:
        outcome = fit(
            network(case, pixels),
            Parts(training, validation),
            phases=[Phase(recipe)],
            checkpoints=Checkpoints(Path(folder) / "checkpoints"),
        )
    return max(record.images_per_second for record in outcome.history[1:])


def bare(case):
    """Return the same of the loop that a tutorial shows."""
    import torch
    from torch.nn.functional import cross_entropy

    from sightline.training.machine.arithmetic import autocast

    count = case.batch * case.steps
    pixels, labels = noise(case, count)
    whole = network(case, pixels)
    with torch.no_grad():
        images = whole.normalise(pixels).contiguous(memory_format=torch.channels_last)
    model = whole.network.to(memory_format=torch.channels_last)
    optimizer, seconds = torch.optim.Adam(model.parameters(), lr=1e-3), []
    for _ in range(3):
        started = time.perf_counter()
        model.train()
        for chosen in torch.randperm(count).split(case.batch):
            with autocast(torch.device("cpu"), case.precision):
                loss = cross_entropy(model(images[chosen]), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()
        seconds.append(time.perf_counter() - started)
    return count / min(seconds[1:])


def operations(case):
    """Return the floating-point operations of a training step for one picture."""
    from torch.nn.functional import cross_entropy
    from torch.utils.flop_counter import FlopCounterMode

    pixels, labels = noise(case, 2)
    model = network(case, pixels)
    with FlopCounterMode(display=False) as counter:
        cross_entropy(model(pixels), labels).backward()
    return counter.get_total_flops() / 2


def peak(_):
    """Return the operations a second of large float32 matrix products."""
    import torch

    one = torch.randn(2048, 2048)
    seconds = []
    for _ in range(20):
        started = time.perf_counter()
        one @ one
        seconds.append(time.perf_counter() - started)
    return 2 * 2048**3 / min(seconds)


WAYS = {"ours": ours, "bare": bare, "peak": peak, "operations": operations}


def untold():
    """Return the environment without what it may say of how threads wait: each loop then has its own way."""
    return {name: value for name, value in os.environ.items() if name not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}


def ask(way, case):
    """Return what a process of its own measures."""
    words = [str(word) for word in case]
    if way == "keras":
        command = [os.environ["KERAS_PYTHON"], "-c", KERAS, *words]
    else:
        command = [sys.executable, __file__, way, *words]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=untold())  # noqa: S603
    return json.loads(answer.stdout.splitlines()[-1])


def main() -> None:
    """Take turns and write the table."""
    if len(sys.argv) > 1:
        way, *words = sys.argv[1:]
        print(json.dumps(WAYS[way](case_of(words))))
        return
    ways = ("ours", "bare", *(["keras"] if "KERAS_PYTHON" in os.environ else []))
    best = max(ask("peak", CASES[0]) for _ in range(3))
    lines = []
    for case in possible(CASES):
        rates = {way: [] for way in ways}
        for _ in range(TURNS):
            for way in ways:
                rates[way].append(ask(way, case))
        middle = {way: median(rates[way]) for way in ways}
        ratio = middle["ours"] / middle["bare"]
        share = middle["ours"] * ask("operations", case) / best
        keras = f"{middle['keras']:,.0f} | {middle['ours'] / middle['keras']:.2f}" if "keras" in middle else "- | -"
        lines.append(
            f"| {case.model}, {case.side} px, {case.precision} | {case.batch} "
            f"| {middle['ours']:,.0f} | {middle['bare']:,.0f} | {ratio:.2f} | {keras} | {share:.0%} |"
        )
        print(lines[-1], flush=True)
    rows = "\n".join(lines)
    write_section(
        "Pictures a second in training",
        f"""Written by `benchmarks/throughput.py` on {machine()}. Adam, medians of {TURNS} turns,
each the better of two epochs. bf16 is `precision=bf16` here, which the recipe `fast` takes by itself, autocast in the
bare loop and `mixed_bfloat16` in Keras. The peak is {best / 1e9:,.0f} billion operations a second, of large float32
matrix products before the turns; a share above 100% says that the cores were quicker later on, or computed in bf16.

| network | batch | sightline | bare PyTorch loop | ratio | Keras | ratio | of the peak |
|---|---|---|---|---|---|---|---|
{rows}
""",
    )


if __name__ == "__main__":
    main()
