"""What enrolling costs: seconds and memory of `sightline enroll`, and of an answer with ten classes or a thousand.

    .venv/bin/python benchmarks/enroll_cost.py

The tables are in docs/benchmarks/enroll-cost.md. The models compare pictures and know each class by five; they are
untrained, and take as long as any.
"""

import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.archives import cloud
from bench.origin import origin
from bench.pages import publish, table
from bench.processes import SIGHTLINE, cost_of
from bench.settings import started
from bench.turns import in_turns, spread
from sightline.inference.bundle import write_bundle
from sightline.inference.export.onnx_graph import base_graph_of
from sightline.inference.support.assembly import similarity_bundle
from sightline.inference.support.cohort import Cohort
from sightline.inference.support.distances import unit
from sightline.inference.support.support_set import SupportSet
from sightline.inference.tasks import load

SIDE, WIDTH, EACH = 32, 64, 5
PREPROCESS = {"kind": "picture", "height": SIDE, "width": SIDE, "colours": "rgb", "resize": "squash"}


class Setting(NamedTuple):
    """How much is done.

    Args:
        classes: How many the models know.
        turns: How often each is measured.
        pictures: How many are asked about, one at a time.
    """

    classes: tuple[int, int]
    turns: int
    pictures: int


FULL, TINY = Setting((10, 1000), 9, 300), Setting((3, 6), 1, 4)


def write_comparing(path, classes):
    """Write a model that compares pictures and knows so many classes by five pictures each."""
    from torch import nn

    class Embedding(nn.Module):
        def __init__(self):
            super().__init__()
            wide = [nn.Conv2d(3, WIDTH, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
            deep = [nn.Conv2d(WIDTH, WIDTH, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
            self.layers = nn.Sequential(*wide, *deep)

        def forward(self, pixels):
            return nn.functional.normalize(self.layers(pixels.permute(0, 3, 1, 2) / 255.0))

    generator = np.random.default_rng(classes)
    rows = unit(generator.random((EACH * classes, WIDTH), np.float32))
    digests = generator.integers(0, 256, (len(rows), 32), np.uint8)
    strangers = np.repeat(np.arange(20, dtype=np.int64), 10)
    cohort = Cohort(unit(generator.random((200, WIDTH), np.float32)), strangers, tuple(map(str, range(20))))
    manifest = {
        "method": "network",
        "model": {"name": "two-convolutions", "options": {}},
        "classes": [f"class {number}" for number in range(classes)],
        "preprocess": PREPROCESS | {"centre": "none", "scale": "none"},
        "parameters": 0,
        "proof": {},
    }
    support = SupportSet.of(rows, np.repeat(np.arange(classes, dtype=np.int64), EACH), digests)
    graph = base_graph_of(Embedding(), (SIDE, SIDE, 3))
    write_bundle(path, similarity_bundle(manifest, b"", graph, support=support, cohort=cohort))
    return path


def seconds_an_answer(model, pictures):
    """Return how long an answer takes, each picture alone."""
    begun = time.perf_counter()
    for picture in pictures:
        model.predict(picture)
    return (time.perf_counter() - begun) / len(pictures)


def enrolling(folder, model, turns):
    """Return what some enrolments into a model cost, each in a process of its own."""
    costs = []
    for turn in range(turns):
        pictures = [folder / f"{turn}-{number}.jpg" for number in range(EACH)]
        for number, picture in enumerate(pictures):
            picture.write_bytes(cloud(100 * turn + number, (200, 150)))
        costs.append(cost_of(SIGHTLINE, "enroll", model, f"new {turn}", *pictures, "--quiet"))
    return costs


def cost_cells(name, costs):
    """Return a row of the table of enrolments."""
    wall, processors = (
        spread(values) for values in zip(*((cost.seconds, cost.processors) for cost in costs), strict=True)
    )
    most = max(cost.megabytes for cost in costs)
    return [name, f"{wall.median:.3f} s", f"{wall.least:.3f} s", f"{processors.median:.3f} s", f"{most:.0f} MB"]


def main() -> None:
    """Measure and write both tables."""
    tiny, setting, _ = started(__doc__, full=FULL, tiny=TINY)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {count: write_comparing(folder / f"{count}.sightline", count) for count in setting.classes}
        pictures = [cloud(number, (SIDE, SIDE)) for number in range(setting.pictures)]
        models = {count: load(file) for count, file in files.items()}
        ways = {count: lambda model=model: seconds_an_answer(model, pictures) for count, model in models.items()}
        answers = {count: spread(values) for count, values in in_turns(ways, setting.turns).items()}
        costs = {f"{count:,} classes": enrolling(folder, file, setting.turns) for count, file in files.items()}
    few = answers[setting.classes[0]].median
    rows = [
        [f"{count:,}", f"{1000 * one.median:.3f} ms", f"{1000 * one.least:.3f} ms", f"{one.median / few:.2f}"]
        for count, one in answers.items()
    ]
    head = origin(f"{setting.turns} turns, {setting.pictures} pictures one at a time")
    answered = f"{head}\n\n{table(['classes', 'an answer, median', 'least', 'times as long'], rows)}"
    enrolled = table(
        ["enrolling five pictures into", "wall, median", "wall, least", "processors, median", "memory, most"],
        [cost_cells(*pair) for pair in costs.items()],
    )
    publish("benchmarks/enroll-cost.md", {"answers": answered, "enrolling": f"{head}\n\n{enrolled}"}, tiny=tiny)


if __name__ == "__main__":
    main()
