"""Every network of the table for one epoch on real pictures, and what it costs; writes docs/models.md.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/networks.py [--networks resnet18,lenet] [--pictures N]

The large families learn ants from bees at 224x224 pixels (hymenoptera.zip), the others CIFAR-10 at 32x32. Each network
has a process of its own, so that its peak memory is its own. With ``--networks`` the rows of the other networks, which
are kept in docs/models.json, stay as they are.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from sightline.models import MODELS

DOCS = Path(__file__).parent.parent / "docs"
TABLE, ROWS = DOCS / "models.md", DOCS / "models.json"
PICTURES, LARGE_SIDE, SMALL_SIDE, BATCH, AUXILIARY_SHARE = 244, 224, 32, 16, 0.3
LEARNING_RATE, MOMENTUM, CLIP = 0.01, 0.9, 1.0
FORWARD_BATCHES = 4


def training_pictures(side, count):
    """Return pixels (N, side, side, 3) uint8, labels (N,) and the number of classes, well mixed."""
    import numpy as np

    from sightline.data.opening import open_catalog
    from sightline.data.survey import survey
    from sightline.imaging.picture_format import PictureFormat

    archive = "hymenoptera.zip" if side == LARGE_SIDE else "cifar10-jpeg.zip"
    catalog = open_catalog(Path(os.environ["SIGHTLINE_DATA"]) / archive)
    catalog = catalog.only("train" if side == LARGE_SIDE else "test")
    pixels = survey(catalog, PictureFormat(side, side, resize="crop")).pixels
    chosen = np.random.default_rng(0).permutation(len(pixels))[:count]
    return pixels[chosen], catalog.labels[chosen], len(catalog.classes)


def train_one_epoch(network, pixels, labels):
    """Return the loss of each batch and the seconds of the epoch."""
    import torch
    from torch.nn.functional import cross_entropy

    optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
    losses, started = [], time.perf_counter()
    network.train()
    for images, targets in zip(pixels.split(BATCH), labels.split(BATCH), strict=True):
        if len(images) < BATCH:
            continue  # batch normalisation of one picture has no deviation
        answers = network(images)
        logits, *auxiliary = answers if isinstance(answers, tuple) else (answers,)
        loss = cross_entropy(logits, targets)
        losses.append(float(loss.detach()))
        loss = loss + AUXILIARY_SHARE * sum(cross_entropy(some, targets) for some in auxiliary)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()
    return losses, time.perf_counter() - started


def forward_seconds(network, pixels):
    """Return the seconds of some batches in eval mode, after one that warms up."""
    import torch

    network.eval()
    with torch.inference_mode():
        network(pixels[:BATCH])
        started = time.perf_counter()
        for _ in range(FORWARD_BATCHES):
            network(pixels[:BATCH])
    return time.perf_counter() - started


def measure(name, side, count):
    """Return the row of one network."""
    import torch

    from sightline.imaging.picture_format import PictureFormat
    from sightline.imaging.preprocess import fitted
    from sightline.models.building import build_network

    pixels, labels, classes = training_pictures(side, count)
    preprocess = fitted(PictureFormat(side, side, resize="crop"), [pixels], centre="channel", scale="deviation")
    torch.manual_seed(0)
    network = build_network(name, preprocess, classes)
    tensors = torch.from_numpy(pixels), torch.from_numpy(labels)
    losses, seconds = train_one_epoch(network, *tensors)
    third = max(1, len(losses) // 3)
    return {
        "pictures": len(losses) * BATCH,
        "training": len(losses) * BATCH / seconds,
        "forward": FORWARD_BATCHES * BATCH / forward_seconds(network, tensors[0]),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "first_loss": sum(losses[:third]) / third,
        "last_loss": sum(losses[-third:]) / third,
        "machine": f"{os.cpu_count()} cores, torch {torch.__version__}",
    }


def side_of(name):
    """Return the pictures' side: large for the families that were made for 224 pixels."""
    return LARGE_SIDE if MODELS[name].small else SMALL_SIDE


def cost(name, side, classes):
    """Return (parameters, parameters of auxiliary heads, multiply-adds) of a network."""
    from sightline.models.summary import summarise

    rows = summarise(name, (side, side, 3), classes)
    used, auxiliary = ([row for row in rows if row.auxiliary is kind] for kind in (False, True))
    parameters, more = (sum(row.parameters for row in part) for part in (used, auxiliary))
    return parameters, more, sum(row.multiply_adds for row in used)


def measured_line(name, row):
    """Return the line of a network in the first table."""
    parameters, more, multiply_adds = cost(name, side_of(name), 2 if side_of(name) == LARGE_SIDE else 10)
    count = f"{parameters:,}" + (f" + {more:,}" if more else "")
    work = f"{multiply_adds / 1e6:,.1f}"
    size = f"{side_of(name)}x{side_of(name)}x3"
    speed = f"{row['forward']:,.1f} | {row['training']:,.1f} | {row['memory'] / 1e6:,.0f}"
    loss = f"{row['first_loss']:.3f} → {row['last_loss']:.3f}"
    return f"| `{name}` | {size} | {count} | {work} | {speed} | {row['pictures']:,} | {loss} |"


def cost_line(name, side, classes):
    """Return the line of a network in a table that needs no measuring."""
    parameters, more, multiply_adds = cost(name, side, classes)
    count = f"{parameters:,}" + (f" + {more:,}" if more else "")
    remark = MODELS[name].remark(side, side).removeprefix("for small pictures: ").split(" (")[0]
    return f"| `{name}` | {count} | {multiply_adds / 1e6:,.1f} | {remark} |"


def write_table(rows):
    """Write docs/models.md from what has been measured and what can be worked out."""
    machines = sorted({row["machine"] for row in rows.values()})
    measured = "\n".join(measured_line(name, rows[name]) for name in MODELS if name in rows)
    families = [name for name, entry in MODELS.items() if entry.small]
    small = "\n".join(cost_line(name, SMALL_SIDE, 10) for name in families)
    large = "\n".join(cost_line(name, LARGE_SIDE, 1000) for name in families)
    listed = "\n".join(f"- `{name}`: {entry.line}. {entry.reference}." for name, entry in MODELS.items())
    TABLE.write_text(f"""# The networks

Written by `benchmarks/networks.py`. Multiply-adds are those of convolutions and dense layers for one picture, in
millions. What stands behind a + are the parameters of auxiliary heads, which only training has.

{listed}

## One epoch on real pictures

Ants and bees (`hymenoptera.zip`) at 224x224 pixels, or CIFAR-10's test pictures at 32x32; batches of {BATCH}, SGD with
momentum {MOMENTUM}, learning rate {LEARNING_RATE}, gradients clipped at {CLIP:g}, first weights of seed 0; a process
for each network, {"; ".join(machines)}. Memory is the process's largest, pictures and torch included. The loss is the
mean of the epoch's first third of batches, and of its last. Speeds are of pictures a second.

| network | input | parameters | multiply-adds, M | forward | forward and backward | memory, MB | pictures | loss |
|---|---|---|---|---|---|---|---|---|
{measured}

## Small pictures: 32x32x3, 10 classes

| network | parameters | multiply-adds, M | what is different |
|---|---|---|---|
{small}

## As published: 224x224x3, 1,000 classes

| network | parameters | multiply-adds, M | |
|---|---|---|---|
{large}
""")


def main():
    """Measure the chosen networks one after another; each is written down as soon as it is done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", default=",".join(MODELS), help="names, separated by commas")
    parser.add_argument("--pictures", type=int, default=PICTURES, help="at most so many pictures in the epoch")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(measure(chosen.one, side_of(chosen.one), chosen.pictures)))
        return
    rows = json.loads(ROWS.read_text()) if ROWS.exists() else {}
    for name in chosen.networks.split(","):
        command = [sys.executable, __file__, "--one", name, "--pictures", str(chosen.pictures)]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
        rows[name] = json.loads(answer.stdout)
        ROWS.write_text(json.dumps(rows, indent=1) + "\n")
        write_table(rows)
        print(measured_line(name, rows[name]), flush=True)


if __name__ == "__main__":
    main()
