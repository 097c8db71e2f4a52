"""Requests a second that `sightline serve` answers, beside the bare graph on the same cores, and its memory.

    .venv/bin/python benchmarks/serving_load.py [--seconds 12] [--models basic-cnn,resnet18] [--requests 20000]

It takes about three minutes, and writes docs/benchmarks/serving.md. Everything stays on the loopback address. The
clients are one process that sends prebuilt requests over raw sockets; it shares the cores with the service, and the
table says what part it takes. The models are untrained: their answers take as long as any.
"""

import argparse
import asyncio
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from bench.origin import origin
from bench.pictures import write_untrained
from bench.processes import SIGHTLINE

TABLE = Path(__file__).parent.parent / "docs" / "benchmarks" / "serving.md"
SIDES = {"basic-cnn": 32, "resnet18": 224}
SENT = {"basic-cnn": (32, 32), "resnet18": (400, 300)}
"""Width and height of the JPEG files that are sent."""
FILES = 64
CLIENTS = (1, 8, 64)
WARM_SECONDS = 1.0
TINY_SECONDS, TINY_REQUESTS = 0.5, 500
TICKS = os.sysconf("SC_CLK_TCK")


def pictures(name):
    """Return JPEG files of clouds of colour, which have about the bytes of photos."""
    generator, files = np.random.default_rng(0), []
    for _ in range(FILES):
        rough = Image.fromarray(generator.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        stream = io.BytesIO()
        fine = np.asarray(rough.resize(SENT[name], Image.Resampling.BICUBIC), np.int16)
        grained = np.clip(fine + generator.normal(0, 6, fine.shape), 0, 255).astype(np.uint8)
        Image.fromarray(grained).save(stream, "JPEG", quality=85)
        files.append(stream.getvalue())
    return files


class Client(asyncio.Protocol):
    """One client that asks again as soon as it is answered."""

    def __init__(self, requests, seconds):
        self.requests, self.seconds, self.place, self.length = requests, seconds, 0, None

    def connection_made(self, transport):
        """Send the first request."""
        self.transport = transport
        self.ask()

    def ask(self):
        """Send the next request."""
        self.received, self.length = b"", None
        self.asked = time.perf_counter()
        self.place = (self.place + 1) % len(self.requests)
        self.transport.write(self.requests[self.place])

    def data_received(self, data):
        """Take a piece of an answer; after the last one, ask again."""
        self.received += data
        if self.length is None and (end := self.received.find(b"\r\n\r\n")) >= 0:
            assert self.received.startswith(b"HTTP/1.1 200"), self.received
            self.length = end + 4 + int(re.search(rb"content-length: (\d+)", self.received).group(1))
        if self.length is not None and len(self.received) >= self.length:
            self.seconds.append((time.perf_counter(), time.perf_counter() - self.asked))
            self.ask()


def request_of(name, files):
    """Return a request with one picture as its body, or with several as a form."""
    kind, body = "image/jpeg", files[0]
    if len(files) > 1:
        kind = "multipart/form-data; boundary=between"
        parts = [b'--between\r\nContent-Disposition: form-data; name="f"; filename="a.jpg"\r\n\r\n' + f for f in files]
        body = b"\r\n".join([*parts, b"--between--\r\n"])
    head = f"POST /v1/models/{name}/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
    return head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


async def generate(name, port, clients, each, duration):
    """Ask for a while, and return what the clients saw."""
    files = pictures(name)
    requests = [request_of(name, [files[(place + more) % FILES] for more in range(each)]) for place in range(FILES)]
    answered = []
    loop = asyncio.get_running_loop()
    for _ in range(clients):
        await loop.create_connection(lambda: Client(requests, answered), "127.0.0.1", port)
    await asyncio.sleep(WARM_SECONDS)
    started, used = time.perf_counter(), time.process_time()
    await asyncio.sleep(duration)
    lasted, used = time.perf_counter() - started, time.process_time() - used
    seconds = [taken for moment, taken in answered if moment >= started]
    return {
        "pictures": each * len(seconds) / lasted,
        "p50": float(np.percentile(seconds, 50)),
        "p99": float(np.percentile(seconds, 99)),
        "cores": used / lasted,
    }


def bare(file, name, duration):
    """Return pictures a second of the graph alone: with decoding by all cores, by one thread, and without."""
    from sightline.inference.tasks import load

    classifier, files = load(file), pictures(name)
    chunk = [files[place % FILES] for place in range(classifier.batch)]
    decoded = np.stack([classifier.format.read(one, name="a") for one in chunk])

    def read(one):
        return classifier.format.read(one, name="a")

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        ways = {
            "all cores": lambda: classifier.probabilities(np.stack(list(threads.map(read, chunk)))),
            "one thread": lambda: classifier.probabilities(np.stack([read(one) for one in chunk])),
            "decoded": lambda: classifier.probabilities(decoded),
        }
        return {way: rate_of(work, len(chunk), duration) for way, work in ways.items()}


def rate_of(work, count, duration):
    """Return how many pictures a second a piece of work answers, and the milliseconds of a core each takes."""
    work()
    started, used, rounds = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - started < duration:
        work()
        rounds += 1
    done, used = rounds * count, time.process_time() - used
    return done / (time.perf_counter() - started), 1000 * used / done


def in_a_process(*words):
    """Run this file with some words, and return what it printed."""
    command = [sys.executable, __file__, *map(str, words)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603


def processes_of(service):
    """Return the numbers of a service's processes: the supervisor's first, then those that answer, and a helper's."""
    children = Path(f"/proc/{service.pid}/task/{service.pid}/children").read_text()
    return [service.pid, *sorted(map(int, children.split()), key=is_helper)]


def is_helper(process):
    """Return whether a process answers nobody: Python has one watch over what processes share."""
    return b"resource_tracker" in Path(f"/proc/{process}/cmdline").read_bytes()


def processor_seconds(service):
    """Return what all processes of a service have used of the cores."""
    texts = [Path(f"/proc/{process}/stat").read_text() for process in processes_of(service)]
    fields = [text.rpartition(")")[2].split() for text in texts]
    return sum(int(one[11]) + int(one[12]) for one in fields) / TICKS


def megabytes(process, kind):
    """Return what a process has in memory: ``"Rss"`` whole, ``"Pss"`` with its part alone of what several share."""
    text = Path(f"/proc/{process}/smaps_rollup").read_text()
    return int(re.search(rf"^{kind}:\s+(\d+)", text, re.MULTILINE).group(1)) / 1024


class Service:
    """A running service."""

    def __init__(self, files):
        words = [f"{name}={file}" for name, file in files.items()]
        self.process = subprocess.Popen(  # noqa: S603
            [SIGHTLINE, "serve", *words, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.port = int(re.search(r":(\d+)/", self.process.stdout.readline()).group(1))

    def __enter__(self):
        """Be there."""
        return self

    def __exit__(self, *_):
        """Stop, and be seen to stop well."""
        self.process.terminate()
        assert self.process.wait(30) == 0

    def load(self, name, clients, each, seconds):
        """Return what some clients saw, and the milliseconds of the cores that a picture took."""
        before = processor_seconds(self.process)
        seen = in_a_process("--generate", name, self.port, clients, each, seconds)
        used = processor_seconds(self.process) - before
        return {**seen, "service cores": used / (seconds + WARM_SECONDS)}


def rows_of(name, service, seconds):
    """Yield the table's rows of a model, each with a gap for its share of the bare rate, and its pictures a second."""
    for clients, each in [*((clients, 1) for clients in CLIENTS), (4, 16)]:
        seen = service.load(name, clients, each, seconds)
        row = (
            f"| {name} | {clients} | {each} | {seen['pictures'] / each:,.0f} | {seen['pictures']:,.0f} "
            f"| {1000 * seen['p50']:.1f} | {1000 * seen['p99']:.1f} | {{share:.0%}} "
            f"| {1000 * seen['service cores'] / seen['pictures']:.2f} | {seen['cores']:.2f} |"
        )
        yield row, seen["pictures"]


def measure(models, seconds, requests):
    """Measure everything, and return the page."""
    rows, bare_rows, load = [], [], os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        files = {name: write_untrained(name, SIDES[name], Path(folder)) for name in models}
        for name, file in files.items():
            before = in_a_process("--bare", file, name, seconds / 6)
            with Service({name: file}) as service:
                seen = list(rows_of(name, service, seconds))
                processes = sum(not is_helper(process) for process in processes_of(service.process)[1:])
            after = in_a_process("--bare", file, name, seconds / 6)  # the machine may have become busier, or less so
            rates = {way: np.mean([before[way], after[way]], axis=0) for way in before}
            best = max(rates["all cores"][0], rates["one thread"][0])
            bare_rows.append(f"| {name} | " + " | ".join(f"{r:,.0f} | {used:.2f}" for r, used in rates.values()) + " |")
            rows += [row.format(share=rate / best) for row, rate in seen]
        memory = list(memory_rows(files, requests))
    return PAGE.format(
        processes=processes,
        origin=origin(f"{load:.1f} before, the run's own part among them; {seconds:g} s a row"),
        rows="\n".join(rows),
        bare="\n".join(bare_rows),
        memory="\n".join(memory),
    )


def memory_rows(files, requests):
    """Yield the memory of a service after each fifth of many requests by 64 clients."""
    name, done = next(iter(files)), 0.0
    with Service({name: files[name]}) as service:
        rate = service.load(name, 64, 1, 3)["pictures"]
        for _ in range(5):
            duration = requests / rate / 5
            done += service.load(name, 64, 1, duration)["pictures"] * duration
            numbers = processes_of(service.process)
            each = " + ".join(f"{megabytes(number, 'Rss'):.1f}" for number in numbers)
            yield f"| {name} | {done:,.0f} | {each} | {sum(megabytes(number, 'Pss') for number in numbers):.1f} |"


PAGE = """# The service under load

{origin}

basic-cnn reads 32x32 JPEG files, resnet18 400x300 ones at 224x224. The clients run on the same cores; the last column
says how much of one core they take.

The service is started as [the service](../service.md) recommends, `sightline serve MODEL`, without further words: here
that means {processes} processes that answer, and their supervisor with a small helper of Python's. Core milliseconds
and memory are those of all of them.

The share is that of the better bare rate with decoding, measured before and after the rows. Where other programs keep
the cores busy, everything gets the same part of them, and the share falls to the ratio of the core milliseconds.

| model | clients | pictures each | requests/s | pictures/s | p50 ms | p99 ms | of bare | core ms | clients' core |
|---|---|---|---|---|---|---|---|---|---|
{rows}

The bare graph: the same files, decoded and put through the same ONNX Runtime session in full batches, without HTTP:
pictures a second, and the milliseconds of a core that each takes.

| model | decoded by all cores | core ms | decoded by one thread | core ms | not decoded | core ms |
|---|---|---|---|---|---|---|
{bare}

## Memory

Of each process, the supervisor first and its helper last, and of all together, where what several share is counted
once.

| model | requests by 64 clients | MB each | MB together |
|---|---|---|---|
{memory}
"""


def main():
    """Read the words; the two hidden ones are for the processes that this one starts."""
    if sys.argv[1:2] == ["--generate"]:
        name, port, clients, each, seconds = sys.argv[2:]
        print(json.dumps(asyncio.run(generate(name, int(port), int(clients), int(each), float(seconds)))))
    elif sys.argv[1:2] == ["--bare"]:
        print(json.dumps(bare(Path(sys.argv[2]), sys.argv[3], float(sys.argv[4]))))
    else:
        parser = argparse.ArgumentParser()
        parser.add_argument("--seconds", type=float, default=12)
        parser.add_argument("--models", default=",".join(SIDES))
        parser.add_argument("--requests", type=int, default=20_000)
        parser.add_argument("--tiny", action="store_true", help="run in seconds; change no page")
        options = parser.parse_args()
        if options.tiny:
            print(measure(["basic-cnn"], TINY_SECONDS, TINY_REQUESTS))
            return
        TABLE.write_text(measure(options.models.split(","), options.seconds, options.requests))
        print(TABLE.read_text())


if __name__ == "__main__":
    main()
