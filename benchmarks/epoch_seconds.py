"""Seconds an epoch: sightline's loop beside a bare PyTorch loop, on the same network and pictures.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/epoch_seconds.py

Each takes turns in a process of its own. The bare loop runs twice: with OpenMP's threads spinning while they wait, as
torch has them, and sleeping at once; sightline's sleep after a moment. The table in docs/benchmarks/epoch-seconds.md
has the medians.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from throughput import untold

ROUNDS, EPOCHS, TRAINING, VALIDATION, BATCH = 5, 2, 6_400, 1_280, 32
TABLE = Path(__file__).parent.parent / "docs" / "benchmarks" / "epoch-seconds.md"


def pictures():
    """Return pixels (N, 32, 32, 3) uint8 and labels (N,) of the first pictures of CIFAR-10, well mixed."""
    import numpy as np

    from sightline.data.opening import open_catalog
    from sightline.data.survey import survey
    from sightline.imaging.picture_format import PictureFormat

    catalog = open_catalog(Path(os.environ["SIGHTLINE_DATA"]) / "cifar10-jpeg.zip").only("test")
    pixels = survey(catalog, PictureFormat(32, 32)).pixels
    order = np.random.default_rng(0).permutation(len(pixels))
    chosen = np.resize(order, TRAINING + VALIDATION)
    return pixels[chosen], catalog.labels[chosen]


def network(pixels):
    """Return the network with its fitted first layer."""
    import torch

    from sightline.imaging.picture_format import PictureFormat
    from sightline.imaging.preprocess import fitted
    from sightline.models.building import build_network

    torch.manual_seed(0)
    preprocess = fitted(PictureFormat(32, 32), [pixels[:TRAINING]], centre="channel", scale="deviation")
    return build_network("basic-cnn", preprocess, 10)


def ours(pixels, labels):
    """Return (training seconds, validation seconds) of each epoch of sightline's loop."""
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

    inputs, targets = torch.from_numpy(pixels), {LABEL: torch.from_numpy(labels)}
    rows = torch.arange(len(labels))
    steps = StepSettings(epochs=EPOCHS, batch_size=BATCH, patience=0)
    recipe = recipe_of(steps, LossSettings(), MachineSettings("cpu"), counts=(TRAINING // 10,) * 10, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        outcome = fit(
            network(pixels),
            Parts(Samples(inputs, targets, rows[:TRAINING]), Samples(inputs, targets, rows[TRAINING:])),
            phases=[Phase(recipe)],
            checkpoints=Checkpoints(Path(folder) / "checkpoints"),
        )
    return [(record.seconds, record.validation_seconds) for record in outcome.history]


def bare(pixels, labels):
    """Return the same of the loop that a tutorial shows, on floats that are centred beforehand."""
    import torch
    from torch.nn.functional import cross_entropy

    whole = network(pixels)
    with torch.no_grad():
        images = whole.normalise(torch.from_numpy(pixels)).contiguous()
    model, targets = whole.network, torch.from_numpy(labels)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    seconds = []
    for _ in range(EPOCHS):
        started = time.perf_counter()
        model.train()
        running = 0.0
        for chosen in torch.randperm(TRAINING).split(BATCH):
            loss = cross_entropy(model(images[chosen]), targets[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            running += loss.item()
        trained = time.perf_counter()
        model.eval()
        with torch.no_grad():
            for start in range(TRAINING, TRAINING + VALIDATION, 512):
                model(images[start : start + 512]).argmax(dim=1)
        seconds.append((trained - started, time.perf_counter() - trained))
    return seconds


def main() -> None:
    """Take turns and write the table."""
    if len(sys.argv) > 1:
        if sys.argv[1] == "bare":
            import torch  # noqa: F401 - before sightline, which would set how its threads wait
        print(json.dumps({"ours": ours, "bare": bare}[sys.argv[1]](*pictures())))
        return
    spinning = untold()
    sleeping = {**spinning, "OMP_WAIT_POLICY": "passive"}
    loops = {"spinning": ("bare", spinning), "sleeping": ("bare", sleeping), "ours": ("ours", spinning)}
    taken = {name: [] for name in loops}
    for _ in range(ROUNDS):
        for name, (loop, variables) in loops.items():
            command = [sys.executable, __file__, loop]
            answer = subprocess.run(command, check=True, capture_output=True, text=True, env=variables)  # noqa: S603
            taken[name] += json.loads(answer.stdout)
            print(name, answer.stdout.strip(), flush=True)
    rows = {name: (median(t for t, _ in taken[name]), median(t + v for t, v in taken[name])) for name in taken}
    ratios = {
        name: [rows["ours"][column] / rows[name][column] for column in (0, 1)] for name in ("spinning", "sleeping")
    }
    text = f"""# Seconds an epoch beside a bare PyTorch loop

Written by `benchmarks/epoch_seconds.py`: `basic-cnn`, Adam, batch {BATCH}, {TRAINING:,} training and {VALIDATION:,}
validation pictures of CIFAR-10 at 32x32, medians of {ROUNDS * EPOCHS} epochs in {ROUNDS} turns, {os.cpu_count()} cores.

| | training part, s | with validation and checkpoints, s |
|---|---|---|
| bare PyTorch loop, no checkpoints, threads spin | {rows["spinning"][0]:.2f} | {rows["spinning"][1]:.2f} |
| bare PyTorch loop, no checkpoints, threads sleep | {rows["sleeping"][0]:.2f} | {rows["sleeping"][1]:.2f} |
| sightline | {rows["ours"][0]:.2f} | {rows["ours"][1]:.2f} |
| ratio to the spinning loop | {ratios["spinning"][0]:.2f} | {ratios["spinning"][1]:.2f} |
| ratio to the sleeping loop | {ratios["sleeping"][0]:.2f} | {ratios["sleeping"][1]:.2f} |

Spinning threads are quicker on a machine with nothing else to do and several times slower beside any other work, so the
first ratio swings with the machine's neighbours; the second is the loop's own cost.
"""
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
