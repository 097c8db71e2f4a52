"""Pictures a second of `predict`, beside what decoding and bare ONNX Runtime allow; latency; memory by the count.

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/prediction.py

It takes about three minutes, and writes docs/benchmarks/prediction.md. The models are untrained: their answers take as
long as any. The ways take turns within a process, so that whatever else the machine does hits all of them.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np
from serving_load import machine, write_model

TABLE = Path(__file__).parent.parent / "docs" / "benchmarks" / "prediction.md"
SIGHTLINE = str(Path(sys.executable).parent / "sightline")
CORES = os.cpu_count()
CASES = {"basic-cnn": ("cifar10-jpeg.zip", 10_000), "resnet18": ("hymenoptera.zip", 400)}
A_TURN = {"basic-cnn": 10_000, "resnet18": 100}
TURNS = 3
WARM = 3
LATENCIES = {"basic-cnn": 500, "resnet18": 60}
COUNTS = (1_000, 10_000, 100_000)
A_FOLDER = 1_000
LISTED = 1_000_000


def extract(name, folder):
    """Write the pictures of a case into one folder, evenly taken from the archive."""
    archive, most = CASES[name]
    with zipfile.ZipFile(Path(os.environ["SIGHTLINE_DATA"]) / archive) as members:
        files = [file for file in members.namelist() if file.lower().endswith(".jpg")]
        for number, file in enumerate(files[:: max(1, len(files) // most)][:most]):
            (folder / f"{number:05}.jpg").write_bytes(members.read(file))


def bare_session(graph):
    """Return ONNX Runtime as its manual opens it, but for threads that sleep while they wait, as ours do."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = CORES
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


class Case:
    """A model, some files, and the ways to answer them."""

    def __init__(self, name, file, folder):
        from sightline.inference.tasks import load

        self.name, self.classifier = name, load(file)
        self.paths = [str(path) for path in sorted(folder.iterdir())][: A_TURN[name]]
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
        with ThreadPoolExecutor(CORES) as threads:
            for chunk in self.chunks():
                self.run(np.stack(list(threads.map(self.decode, chunk))))

    def a_batch_a_thread(self):
        """Let each thread decode a batch and ask; one thread more than cores."""
        with ThreadPoolExecutor(CORES + 1) as threads:
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
            file = AnswerFile(Path(folder) / "a.csv", Question("", 1, sets=False, sightline=""), force=False)
            left = file.left(iter(self.paths), batch=self.classifier.portion)
            with closing(self.classifier.predict_many(left)) as answers:
                file.write(answers, None)


WAYS = ("decoding", "running", "in_turns", "one_ahead", "a_batch_a_thread", "ours", "ours_to_csv")


def rates(name, file, folder):
    """Return wall and processor microseconds a picture of each way, (turns, ways, 2)."""
    case, turns = Case(name, Path(file), Path(folder)), []
    for way in WAYS:
        getattr(case, way)()
    for _ in range(TURNS):
        turns.append([])
        for way in WAYS:
            wall, used = time.perf_counter(), time.process_time()
            getattr(case, way)()
            taken = time.perf_counter() - wall, time.process_time() - used
            turns[-1].append([1e6 * seconds / len(case.paths) for seconds in taken])
    return turns


def busy_decoding(name, file, folder):
    """Return processor microseconds a picture of decoding, in a process beside others that do the same."""
    case = Case(name, Path(file), Path(folder))
    case.decoding()
    used = time.process_time()
    for _ in range(WARM):
        case.decoding()
    return 1e6 * (time.process_time() - used) / len(case.paths) / WARM


def latencies(name, file, folder):
    """Return the milliseconds of single answers: ours from the file, ours, bare and eager from pixels."""
    import torch

    case, network = Case(name, Path(file), Path(folder)), None
    network = case.classifier.network.eval()
    one, count = case.pixels[:1], LATENCIES[name]

    def eager(pixels):
        with torch.inference_mode():
            return network(torch.from_numpy(pixels)).softmax(dim=1).numpy()

    ways = {
        "file": lambda: case.classifier.predict(case.paths[0]),
        "ours": lambda: case.classifier.probabilities(one),
        "bare": lambda: case.run(one),
        "eager": lambda: eager(one),
    }
    seen = {way: [] for way in ways}
    for _ in range(count):
        for way, ask in ways.items():
            started = time.perf_counter()
            ask()
            seen[way].append(1000 * (time.perf_counter() - started))
    batches = max(2, A_TURN[name] // case.batch // 2)
    batch_seconds = {}
    for way, ask in {"bare": case.run, "eager": eager}.items():
        ask(case.pixels)
        started = time.perf_counter()
        for _ in range(batches):
            ask(case.pixels)
        batch_seconds[way] = (time.perf_counter() - started) / batches / case.batch
    np.testing.assert_allclose(case.run(case.pixels), eager(case.pixels), atol=1e-4)
    middles = {way: [float(np.percentile(taken[WARM:], share)) for share in (50, 99)] for way, taken in seen.items()}
    return {"one": middles, "batch": batch_seconds}


def in_a_process(*words):
    """Start this file with some words; `answer_of` waits for what it prints."""
    return subprocess.Popen([sys.executable, __file__, *map(str, words)], stdout=subprocess.PIPE, text=True)  # noqa: S603


def answer_of(process):
    """Return what a process found."""
    told = process.communicate()[0]
    assert process.returncode == 0
    return json.loads(told)


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


PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak_of(*command):
    """Return megabytes at the peak and wall seconds of a command that must end well.

    A small process starts it: Linux counts what the parent held at that moment as the child's own.
    """
    started = time.perf_counter()
    words = [sys.executable, "-c", PEAK, *map(str, command)]
    answer = subprocess.run(words, check=True, capture_output=True, text=True)  # noqa: S603
    return int(answer.stdout) / 1024, time.perf_counter() - started


LIST_ALONE = """
import sys
from pathlib import Path
from sightline.data.listings import pictures_below
print(sum(1 for _ in pictures_below(Path(sys.argv[1]), left_out=print)))
"""


def memory_rows(file, source):
    """Yield the rows of the table of memory."""
    for count, each in [*((count, A_FOLDER) for count in COUNTS), (COUNTS[-1], COUNTS[-1])]:
        with tempfile.TemporaryDirectory() as folder:
            links(source, Path(folder) / "many", count, each)
            out = Path(folder) / "a.csv"
            peak, seconds = peak_of(SIGHTLINE, "predict", file, Path(folder) / "many", "--out", out)
            with out.open("rb") as lines:
                assert sum(1 for _ in lines) == count + 1
            yield f"| `predict --out a.csv` | {count:,} | {each:,} | {peak:.1f} | {seconds:.1f} |"
    for count in (COUNTS[0], LISTED):
        with tempfile.TemporaryDirectory() as folder:
            links(source, Path(folder) / "many", count, count)
            peak, seconds = peak_of(sys.executable, "-c", LIST_ALONE, Path(folder) / "many")
            yield f"| the listing alone | {count:,} | {count:,} | {peak:.1f} | {seconds:.1f} |"


def rate_row(name, turns, busy):
    """Return a case's row: the limit, the loops and ours, with the share of the limit within each turn."""
    wall, used = np.array(turns).transpose(2, 1, 0)  # each (ways, turns)
    by_way = dict(zip(WAYS, wall, strict=True))
    decoding, running = float(np.mean(busy)), np.median(used[1])
    limit = CORES * 1e6 / (decoding + running)
    rate = {way: 1e6 / np.median(taken) for way, taken in by_way.items()}
    best = np.minimum.reduce([by_way[way] for way in WAYS[2:5]])
    shown = (decoding, running, limit, *(rate[way] for way in WAYS[2:]))
    cells = " | ".join(f"{figure:,.0f}" for figure in shown)
    own = (decoding + running) / np.median(used[WAYS.index("ours")])
    shares = (rate["ours"] / limit, own, np.median(best / by_way["ours"]))
    return f"| {name} | {cells} | {' | '.join(f'{share:.0%}' for share in shares)} |"


def latency_row(name, found):
    """Return a case's row of latencies."""
    cells = [f"{middle:.2f} / {late:.2f}" for middle, late in found["one"].values()]
    cells += [f"{1 / seconds:,.0f}" for seconds in found["batch"].values()]
    return f"| {name} | {' | '.join(cells)} |"


def main():
    """Measure everything and write the page."""
    load, rate_rows, latency_rows = [os.getloadavg()[0]], [], []
    with tempfile.TemporaryDirectory() as place:
        for name in CASES:
            file, folder = write_model(name, Path(place)), Path(place) / f"{name} pictures"
            folder.mkdir()
            extract(name, folder)
            turns = answer_of(in_a_process("rates", name, file, folder))
            beside = [in_a_process("busy_decoding", name, file, folder) for _ in range(CORES)]
            rate_rows.append(rate_row(name, turns, [answer_of(process) for process in beside]))
            latency_rows.append(latency_row(name, answer_of(in_a_process("latencies", name, file, folder))))
        first = next(iter(CASES))
        memory = list(memory_rows(Path(place) / f"{first}.sightline", Path(place) / f"{first} pictures"))
    load.append(os.getloadavg()[0])
    TABLE.write_text(PAGE.format(
        cores=CORES, machine=machine(), turns=TURNS, load=load,
        rates="\n".join(rate_rows), latencies="\n".join(latency_rows), memory="\n".join(memory),
    ))  # fmt: skip
    print(TABLE.read_text())


PAGE = """# Many pictures

Written by `benchmarks/prediction.py` on {cores} cores ({machine}), medians of {turns} turns. The load average was
{load[0]:.1f} before and {load[1]:.1f} after, the run's own part among it. basic-cnn reads 32x32 JPEG files of
CIFAR-10, resnet18 the photos of hymenoptera at 224x224; both from the disk.

## Pictures a second

The limit is the cores divided by what a picture takes of them: reading and decoding its file, in as many processes as
there are cores, and its share of a full batch in a bare ONNX Runtime session. No loop in one process reaches it:
Python runs one thread at a time. The loops are written by hand: *in turns* decodes a batch on all cores, then asks;
*one ahead* decodes in one thread while it asks; *a thread* lets each one do both, a batch at a time. They name no
class and keep no answer. *Ours* is `predict_many`. The last three columns set it beside the limit, by the clock and in
processor time (which is all that can be told where other programs take a core), and beside the best loop of each turn.

| model | decode µs | ask µs | limit | in turns | one ahead | a thread | ours | CSV | of limit | in CPU | of best |
|---|---|---|---|---|---|---|---|---|---|---|---|
{rates}

## One picture

Milliseconds, the median and the 99th percentile: from the file, from pixels, by the bare session, and by the network
in eager PyTorch on all cores; and pictures a second in full batches of the last two.

| model | `predict` a file | `probabilities` | bare session | eager PyTorch | session, batches | eager, batches |
|---|---|---|---|---|---|---|
{latencies}

## Memory

Megabytes at the peak of the whole process, with basic-cnn on 32x32 files.

| what | pictures | a folder | MB | seconds |
|---|---|---|---|---|
{memory}
"""


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
    else:
        main()
