"""Every network of the table for one epoch on real pictures, and what it costs; writes docs/models.md.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/networks.py [NETWORK ...]

The large families learn ants from bees at 224x224 pixels (hymenoptera.zip), the others CIFAR-10 at 32x32. Each network
has a process of its own, so that its peak memory is its own. Where networks are named, the rows of the others, which
are kept in docs/models.json, stay as they are.
"""

import json
import resource
import time
from datetime import UTC, datetime
from typing import NamedTuple

from bench.archives import CIFAR10, HYMENOPTERA, archive
from bench.origin import commit, machine
from bench.pages import DOCS, publish, table
from bench.pictures import decoded, square, untrained
from bench.settings import started
from sightline.models import MODELS

ROWS = DOCS / "models.json"
LARGE_SIDE, SMALL_SIDE, AUXILIARY_SHARE = 224, 32, 0.3
LEARNING_RATE, MOMENTUM, CLIP = 0.01, 0.9, 1.0


class Setting(NamedTuple):
    """Networks, pictures of the epoch at most, pictures a batch, and batches that are timed forward."""

    networks: tuple[str, ...]
    pictures: int
    batch: int
    forward: int


FULL, TINY = Setting(tuple(MODELS), 244, 16, 4), Setting(("lenet",), 24, 8, 1)


def train_one_epoch(network, pixels, labels, batch):
    """Return the loss of each batch and the seconds of the epoch."""
    import torch
    from torch.nn.functional import cross_entropy

    optimizer = torch.optim.SGD(network.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
    losses, began = [], time.perf_counter()
    network.train()
    for images, targets in zip(pixels.split(batch), labels.split(batch), strict=True):
        if len(images) < batch:
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
    return losses, time.perf_counter() - began


def forward_seconds(network, pixels, batches):
    """Return the seconds of some batches in eval mode, after one that warms up."""
    import torch

    network.eval()
    with torch.inference_mode():
        network(pixels)
        began = time.perf_counter()
        for _ in range(batches):
            network(pixels)
    return time.perf_counter() - began


def measure(name, path, setting):
    """Return the row of one network."""
    import torch

    side = side_of(name)
    picture_format = square(side, "crop")
    pictures = decoded(path, "train" if side == LARGE_SIDE else "test", picture_format, count=setting.pictures)
    network, _ = untrained(name, pictures, picture_format=picture_format)
    pixels, labels = torch.from_numpy(pictures.pixels), torch.from_numpy(pictures.labels)
    losses, seconds = train_one_epoch(network, pixels, labels, setting.batch)
    third, count = max(1, len(losses) // 3), len(losses) * setting.batch
    forward = forward_seconds(network, pixels[: setting.batch], setting.forward)
    return {
        "pictures": count,
        "training": count / seconds,
        "forward": setting.forward * setting.batch / forward,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "first_loss": sum(losses[:third]) / third,
        "last_loss": sum(losses[-third:]) / third,
        "machine": f"{datetime.now(UTC).date()}, commit {commit()}, {machine()}, torch {torch.__version__}",
    }


def side_of(name):
    """Return the pictures' side: large for the families that were made for 224 pixels."""
    return LARGE_SIDE if MODELS[name].small else SMALL_SIDE


def cost(name, side, classes):
    """Return a network's cells of what it costs: parameters, and millions of multiply-adds."""
    from sightline.models.summary import summarise

    rows = summarise(name, (side, side, 3), classes)
    used, auxiliary = ([row for row in rows if row.auxiliary is kind] for kind in (False, True))
    parameters, more = (sum(row.parameters for row in part) for part in (used, auxiliary))
    millions = sum(row.multiply_adds for row in used) / 1e6
    return f"{parameters:,}" + (f" + {more:,}" if more else ""), f"{millions:,.1f}"


def measured_cells(name, row):
    """Return the row of a network in the table of what was measured."""
    side = side_of(name)
    speeds = (f"{row['forward']:,.1f}", f"{row['training']:,.1f}", f"{row['memory'] / 1e6:,.0f}")
    loss = f"{row['first_loss']:.3f} → {row['last_loss']:.3f}"
    costs = cost(name, side, 2 if side == LARGE_SIDE else 10)
    return [f"`{name}`", f"{side}x{side}x3", *costs, *speeds, f"{row['pictures']:,}", loss]


def cost_table(last_head, names, side, classes):
    """Return the table of the large families among some networks, at one size."""
    rows = []
    for name in (name for name in names if MODELS[name].small):
        remark = MODELS[name].remark(side, side).removeprefix("for small pictures: ").split(" (")[0]
        rows.append([f"`{name}`", *cost(name, side, classes), remark])
    return table(["network", "parameters", "multiply-adds, M", last_head], rows)


def parts(rows, setting):
    """Return the parts of the page, from what has been measured and what can be worked out."""
    measured = [measured_cells(name, rows[name]) for name in setting.networks if name in rows]
    heads = ["network", "input", "parameters", "multiply-adds, M", "forward", "forward and backward", "memory, MB",
             "pictures", "loss"]  # fmt: skip
    origins = "; ".join(sorted({row["machine"] for row in rows.values()}))
    note = (
        f"`benchmarks/networks.py`, {origins}; batches of {setting.batch}, SGD with momentum {MOMENTUM}, learning rate "
        f"{LEARNING_RATE}, gradients clipped at {CLIP:g}, first weights of seed 0, a process for each network."
    )
    return {
        "networks": "\n".join(f"- `{name}`: {entry.line}. {entry.reference}." for name, entry in MODELS.items()),
        "measured": f"{note}\n\n{table(heads, measured)}",
        "small": cost_table("what is different", setting.networks, SMALL_SIDE, 10),
        "large": cost_table("", setting.networks, LARGE_SIDE, 1000),
    }


def main() -> None:
    """Measure the chosen networks one after another; each is written down as soon as it is done."""
    start = started(__doc__, full=FULL, tiny=TINY, words=("networks...",))
    rows = json.loads(ROWS.read_text())
    for name in start.words or start.setting.networks:
        with archive(HYMENOPTERA if side_of(name) == LARGE_SIDE else CIFAR10, tiny=start.tiny) as path:
            rows[name] = start.aside(measure, name, path, start.setting)
        if not start.tiny:
            ROWS.write_text(json.dumps(rows, indent=1) + "\n")
        publish("models.md", parts(rows, start.setting), tiny=start.tiny)


if __name__ == "__main__":
    main()
