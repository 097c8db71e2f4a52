"""Pictures a second of `predict`, beside what decoding and bare ONNX Runtime allow; latency; memory by the count.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/prediction.py

It takes about three minutes, and writes docs/benchmarks/prediction.md. The models are untrained: their answers take as
long as any. The ways take turns within a process, so that whatever else the machine does hits all of them.
"""

import os
import sys
import tempfile
import time
import zipfile
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.archives import CIFAR10, HYMENOPTERA, archive
from bench.origin import cores, origin
from bench.pages import publish, table
from bench.pictures import write_untrained
from bench.processes import SIGHTLINE, cost_of
from bench.settings import started
from bench.turns import in_turns, wall_and_cpu

WARM = 3


class Model(NamedTuple):
    """What answers what: pictures of an archive at a side, how many of them, files a turn, single answers."""

    archive: str
    side: int
    pictures: int
    files: int
    singles: int


class Setting(NamedTuple):
    """Models by name, turns, counts of pictures for memory, pictures a folder, and names that are only listed."""

    models: dict[str, Model]
    turns: int
    counts: tuple[int, ...]
    a_folder: int
    listed: int


FULL = Setting(
    {
        "basic-cnn": Model(CIFAR10, 32, 10_000, 10_000, 500),
        "resnet18": Model(HYMENOPTERA, 224, 400, 100, 60),
    },
    3,
    (1_000, 10_000, 100_000),
    1_000,
    1_000_000,
)
TINY = Setting({"basic-cnn": Model(CIFAR10, 32, 40, 40, WARM + 2)}, 1, (20, 40), 10, 60)


class Place(NamedTuple):
    """Where a model file and its pictures lie, files a turn, and single answers."""

    model: Path
    pictures: Path
    files: int
    singles: int


def extracted(path, folder, count):
    """Write pictures of an archive into one folder, evenly taken."""
    folder.mkdir()
    with zipfile.ZipFile(path) as members:
        files = [file for file in members.namelist() if file.lower().endswith(".jpg")]
        for number, file in enumerate(files[:: max(1, len(files) // count)][:count]):
            (folder / f"{number:05}.jpg").write_bytes(members.read(file))
    return folder


def bare_session(graph):
    """Return ONNX Runtime as its manual opens it, but for threads that sleep while they wait, as ours do."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


class Case:
    """A model, some files, and the ways to answer them."""

    def __init__(self, place):
        from sightline.inference.tasks import load

        self.classifier = load(place.model)
        self.paths = [str(path) for path in sorted(place.pictures.iterdir())][: place.files]
        self.batch = self.classifier.batch
        self.session = bare_session(self.classifier.graph)
        self.pixels = np.stack([self.decode(path) for path in self.paths[: self.batch]])

    def decode(self, path):
        """Read and decode one file, with nothing around it."""
        with open(path, "rb") as file:  # noqa: PTH123 - as bare as can be
            return self.classifier.format.read(file.read(), name=path)

    def run(self, pixels):
        """Ask the bare session."""
        return self.session.run(["probabilities"], {"pixels": pixels})[0]

    def chunks(self):
        """Return the paths in batches."""
        return [self.paths[start : start + self.batch] for start in range(0, len(self.paths), self.batch)]

    def decoding(self):
        """Decode everything in one thread."""
        for path in self.paths:
            self.decode(path)

    def running(self):
        """Ask about as many full batches."""
        for chunk in self.chunks():
            self.run(self.pixels[: len(chunk)])

    def in_turns(self):
        """Decode a batch on all cores, then ask, then the next: the loop that most scripts have."""
        with ThreadPoolExecutor(cores()) as threads:
            for chunk in self.chunks():
                self.run(np.stack(list(threads.map(self.decode, chunk))))

    def a_batch_a_thread(self):
        """Let each thread decode a batch and ask; one thread more than cores."""
        with ThreadPoolExecutor(cores() + 1) as threads:
            list(threads.map(lambda chunk: self.run(np.stack([self.decode(path) for path in chunk])), self.chunks()))

    def one_ahead(self):
        """Decode the next batches in one thread while this one is asked about."""
        with ThreadPoolExecutor(1) as thread:
            ahead = deque()
            for chunk in self.chunks():
                ahead.append(thread.submit(lambda chunk=chunk: np.stack([self.decode(path) for path in chunk])))
                if len(ahead) > 2:
                    self.run(ahead.popleft().result())
            for left in ahead:
                self.run(left.result())

    def ours(self):
        """Iterate over `predict_many`."""
        with closing(self.classifier.predict_many(self.paths)) as answers:
            for _ in answers:
                pass

    def ours_to_csv(self):
        """Do what the verb does with --out."""
        from sightline.app.predictions.file import AnswerFile, Question

        with tempfile.TemporaryDirectory() as folder:
            question = Question("", 1, missed=None, rate=0.05, sightline="")
            file = AnswerFile(Path(folder) / "a.csv", question, force=False)
            left = file.left(iter(self.paths), batch=self.classifier.portion)
            with closing(self.classifier.predict_many(left)) as answers:
                file.write(answers)


WAYS = ("decoding", "running", "in_turns", "one_ahead", "a_batch_a_thread", "ours", "ours_to_csv")


def rates(place, turns):
    """Return wall and processor microseconds a picture of each way, (ways, turns, 2)."""
    case = Case(place)
    for way in WAYS:
        getattr(case, way)()
    timed = {way: lambda way=way: wall_and_cpu(getattr(case, way)) for way in WAYS}
    return 1e6 * np.array(list(in_turns(timed, turns).values())) / len(case.paths)


def busy_decoding(place):
    """Return processor microseconds a picture of decoding, in a process beside others that do the same."""
    case = Case(place)
    case.decoding()
    return 1e6 * sum(wall_and_cpu(case.decoding)[1] for _ in range(WARM)) / len(case.paths) / WARM


def latencies(place):
    """Return the cells of single answers, ours from the file, ours, bare and eager from pixels, and of batches."""
    import torch

    case = Case(place)
    network, one = case.classifier.network.eval(), case.pixels[:1]

    def eager(pixels):
        with torch.inference_mode():
            return network(torch.from_numpy(pixels)).softmax(dim=1).numpy()

    ways = {
        "file": lambda: case.classifier.predict(case.paths[0]),
        "ours": lambda: case.classifier.probabilities(one),
        "bare": lambda: case.run(one),
        "eager": lambda: eager(one),
    }
    timed = {name: lambda way=way: 1000 * wall_and_cpu(way)[0] for name, way in ways.items()}
    singles = in_turns(timed, place.singles).values()
    np.testing.assert_allclose(case.run(case.pixels), eager(case.pixels), atol=1e-4)
    spreads = ["{:.2f} / {:.2f}".format(*np.percentile(taken[WARM:], (50, 99))) for taken in singles]
    return [*spreads, *(batch_rate(way, case, place.files) for way in (case.run, eager))]


def batch_rate(way, case, files):
    """Return the cell of pictures a second in full batches, after one that warms up."""
    batches = max(2, files // case.batch // 2)
    way(case.pixels)
    began = time.perf_counter()
    for _ in range(batches):
        way(case.pixels)
    return f"{batches * len(case.pixels) / (time.perf_counter() - began):,.0f}"


def links(source, folder, count, each):
    """Make a folder of folders with so many links to a few pictures each."""
    originals = []
    for number, file in enumerate(islice(sorted(source.iterdir()), 32)):
        originals.append(folder.parent / f"{number}.jpg")
        originals[-1].write_bytes(file.read_bytes())
    for number in range(count):
        below = folder / f"{number // each:04}"
        if number % each == 0:
            below.mkdir(parents=True)
        os.link(originals[number % len(originals)], below / f"{number:07}.jpg")


LIST_ALONE = """
import sys
from pathlib import Path
from sightline.data.listings import pictures_below
print(sum(1 for _ in pictures_below(Path(sys.argv[1]), left_out=print)))
"""


def memory_rows(place, setting):
    """Yield the rows of the table of memory."""
    most = setting.counts[-1]
    for count, each in [*((count, setting.a_folder) for count in setting.counts), (most, most)]:
        with tempfile.TemporaryDirectory() as folder:
            links(place.pictures, Path(folder) / "many", count, each)
            out = Path(folder) / "a.csv"
            cost = cost_of(SIGHTLINE, "predict", place.model, Path(folder) / "many", "--out", out)
            with out.open("rb") as lines:
                assert sum(1 for _ in lines) == count + 1
        yield ["`predict --out a.csv`", f"{count:,}", f"{each:,}", f"{cost.megabytes:.1f}", f"{cost.seconds:.1f}"]
    for count in (setting.counts[0], setting.listed):
        with tempfile.TemporaryDirectory() as folder:
            links(place.pictures, Path(folder) / "many", count, count)
            cost = cost_of(sys.executable, "-c", LIST_ALONE, Path(folder) / "many")
        yield ["the listing alone", f"{count:,}", f"{count:,}", f"{cost.megabytes:.1f}", f"{cost.seconds:.1f}"]


def rate_cells(microseconds, busy):
    """Return a model's cells: the limit, the loops and ours, with the share of the limit within each turn."""
    wall, used = np.moveaxis(microseconds, 2, 0)  # each (ways, turns)
    by_way = dict(zip(WAYS, wall, strict=True))
    decoding, running = float(np.mean(busy)), np.median(used[1])
    limit = cores() * 1e6 / (decoding + running)
    rate = {way: 1e6 / np.median(taken) for way, taken in by_way.items()}
    best = np.minimum.reduce([by_way[way] for way in WAYS[2:5]])
    own = (decoding + running) / np.median(used[WAYS.index("ours")])
    shares = (rate["ours"] / limit, own, np.median(best / by_way["ours"]))
    figures = (decoding, running, limit, *(rate[way] for way in WAYS[2:]))
    return [*(f"{figure:,.0f}" for figure in figures), *(f"{share:.0%}" for share in shares)]


def beside_each_other(start, place):
    """Return what decoding takes in as many processes at once as there are cores."""
    with ThreadPoolExecutor(cores()) as threads:
        return list(threads.map(lambda _: start.aside(busy_decoding, place), range(cores())))


def measured(start, name, model, folder):
    """Return where a model and its pictures lie, its row of rates, and its row of latencies."""
    with archive(model.archive, tiny=start.tiny) as path:
        pictures = extracted(path, folder / f"{name} pictures", model.pictures)
    file = start.aside(write_untrained, name, model.side, folder)
    place = Place(file, pictures, model.files, model.singles)
    microseconds = start.aside(rates, place, start.setting.turns)
    rate_row = [name, *rate_cells(microseconds, beside_each_other(start, place))]
    return place, rate_row, [name, *start.aside(latencies, place)]


def main() -> None:
    """Measure everything and write the page."""
    start, load = started(__doc__, full=FULL, tiny=TINY), os.getloadavg()[0]
    setting = start.setting
    with tempfile.TemporaryDirectory() as folder:
        results = [measured(start, name, model, Path(folder)) for name, model in setting.models.items()]
        places, rate_rows, latency_rows = zip(*results, strict=True)
        memory = list(memory_rows(places[0], setting))
    note = f"load average {load:.1f} before; medians of {setting.turns} turns"
    tables = {
        "rates": (RATE_HEADS, rate_rows),
        "latencies": (LATENCY_HEADS, latency_rows),
        "memory": (["what", "pictures", "a folder", "MB", "seconds"], memory),
    }
    parts = {name: f"{origin(note)}\n\n{table(*columns)}" for name, columns in tables.items()}
    publish("benchmarks/prediction.md", parts, tiny=start.tiny)


RATE_HEADS = ["model", "decode µs", "ask µs", "limit", "in turns", "one ahead", "a thread", "ours", "CSV", "of limit",
              "in CPU", "of best"]  # fmt: skip
LATENCY_HEADS = ["model", "`predict` a file", "`probabilities`", "bare session", "eager PyTorch", "session, batches",
                 "eager, batches"]  # fmt: skip


if __name__ == "__main__":
    main()
