"""A search that is killed, and one that two processes share: are its trials the same, and is none done twice?

    SIGHTLINE_DATA=... .venv/bin/python benchmarks/search.py

Searches of 20 trials on a tenth of CIFAR-10, with two samplers: whole, killed by SIGKILL after every few seconds until
it ends, and by two processes at once. The table is in docs/benchmarks/search.md; it takes about ten minutes.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from bench.archives import CIFAR10, archive
from bench.origin import origin
from bench.pages import publish, table
from bench.settings import started

SEARCH = """
import sys
from dataclasses import replace
import numpy as np
import sightline
from sightline.line.narrator import Silent
data, out, sampler, trials, share, epochs = sys.argv[1:]
catalog = sightline.open_catalog(data)
training = [row for row, part in enumerate(catalog.parts) if part != "test"][:: int(share)]
test = [row for row, part in enumerate(catalog.parts) if part == "test"]
catalog = replace(catalog.at(np.array(sorted([*training, *test]))), name="some pictures")
space = {"learning_rate": {"low": 1e-5, "high": 1.0, "log": True}, "optimizer": ["sgd", "adam"]}
sightline.search(catalog, out=out, space=space, sampler=sampler, trials=int(trials), finalists=2, finalist_seeds=2,
                 narrator=Silent(), model="linear", epochs=int(epochs), baseline="none")
"""


class Setting(NamedTuple):
    """Samplers, trials, of how many training pictures one is taken, epochs, and the seconds between two kills."""

    samplers: tuple[str, ...]
    trials: int
    share: int
    epochs: int
    seconds: float


FULL = Setting(("tpe", "grid"), 20, 10, 8, 12.0)
TINY = Setting(("grid",), 2, 1, 1, 60.0)


def begun(path, out, sampler, setting):
    """Begin a search in a process of its own."""
    words = [path, out, sampler, setting.trials, setting.share, setting.epochs]
    return subprocess.Popen([sys.executable, "-c", SEARCH, *map(str, words)])  # noqa: S603


def killed(path, out, sampler, setting):
    """Kill a search again and again until it has come to its end, and return how often it was killed."""
    for kills in range(1_000):
        process = begun(path, out, sampler, setting)
        try:
            if process.wait(setting.seconds * (1 + kills % 3)) == 0:
                return kills
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    raise RuntimeError("the search never came to its end")


def shared(path, out, sampler, setting):
    """Let two processes work at one search."""
    both = [begun(path, out, sampler, setting) for _ in range(2)]
    ends = [process.wait() for process in both]
    if any(ends):
        raise RuntimeError(f"a process ended with {ends}")


def trials_of(out):
    """Return stage, number, settings and accuracy of every trial."""
    trials = json.loads((out / "report.json").read_text())["search"]["trials"]
    return [(one["stage"], one["number"], json.dumps(one["settings"]), one["accuracy"]) for one in trials]


def row(path, folder, sampler, setting):
    """Return what came out for one sampler."""
    whole, broken, common = (folder / f"{sampler}-{kind}" for kind in ("whole", "killed", "shared"))
    began = time.perf_counter()
    begun(path, whole, sampler, setting).wait()
    seconds = time.perf_counter() - began
    kills = killed(path, broken, sampler, setting)
    shared(path, common, sampler, setting)
    same = trials_of(broken) == trials_of(whole)
    model = (broken / "model.sightline").read_bytes() == (whole / "model.sightline").read_bytes()
    points = [(stage, settings) for stage, _, settings, _ in trials_of(common)]
    twice = len(points) - len(set(points))
    yes = {True: "yes", False: "no"}
    return [sampler, len(trials_of(whole)), f"{seconds:.0f}", kills, yes[same], yes[model], len(points), twice]


def main() -> None:
    """Search, kill, share, and write the table."""
    tiny, setting, _ = started(__doc__, full=FULL, tiny=TINY)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    heads = ["sampler", "trials", "s", "kills", "same trials after them", "same model file", "by two", "done twice"]
    with tempfile.TemporaryDirectory() as folder, archive(CIFAR10, tiny=tiny) as path:
        rows = [row(path, Path(folder), sampler, setting) for sampler in setting.samplers]
    publish("benchmarks/search.md", {"search": f"{origin()}\n\n{table(heads, rows)}"}, tiny=tiny)


if __name__ == "__main__":
    main()
