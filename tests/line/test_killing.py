"""kill -9 anywhere, the same command again, the same bits."""

import json
import os
import signal
import subprocess
import sys

import pytest

MAIN = "from sightline.app.cli import main; main()"
needs_sigkill = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")

TRAININGS = """
import os, random, signal, sys, time
from pathlib import Path
import torch, sightline
from sightline.line.features.cache import FeatureCache
from sightline.line.narrator import Silent

data, place = Path(sys.argv[1]), Path(sys.argv[2])

def begun(work):
    process = os.fork()
    if process == 0:
        try:
            work()
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return process

def child(work):
    return os.waitpid(begun(work), 0)[1]

def train(out):
    torch.set_num_threads(1)
    os.environ["SIGHTLINE_CACHE"] = f"{out}.cache"
    sightline.train(data, out=out, baseline="none", narrator=Silent(), **SETTINGS)

def require_same(out):
    if not (out / "report.json").exists():
        assert child(lambda: train(out)) == 0, out
    for name in ("model.sightline", "predictions.csv"):
        assert (out / name).read_bytes() == (place / "whole" / name).read_bytes(), out
"""

LINEAR = """
SETTINGS = dict(model="linear", epochs=2, optimizer="momentum", patience=0)
POINTS = [(True, number) for number in range(1, 18, 4)] + [(False, number) for number in range(3, 16, 4)]
"""

LEARNING_ON = """
from sightline.line.methods.transfer import tuning

SETTINGS = dict(model="quick-cnn", widths=(8, 8, 8), size=16, epochs=1)
train(place / "base")
SETTINGS = dict(base=str(place / "base" / "model.sightline"), epochs=30)
tuning.TOP_RATE = tuning.DEEP_RATE = 3e-3  # so that what has learnt on ships
POINTS = [(True, number) for number in (8, 77)]  # while features are stored; while all blocks learn on
"""

DIE_AT_WRITES = """
def dying(number, before):
    left = number
    rename, flush, keep = Path.replace, os.fsync, FeatureCache.keep
    def count(real, *words):
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*words)
    if before:
        os.fsync = lambda handle: count(flush, handle)
        FeatureCache.keep = lambda *words: count(keep, *words)
    else:
        Path.replace = lambda self, target: count(lambda: None) or rename(self, target)

train(place / "whole")  # in this process, so that no child has to import anything
killed = 0
for before, number in POINTS:
    out = place / f"{before}{number}"
    killed += child(lambda: (dying(number, before), train(out))) == signal.SIGKILL
    require_same(out)
print(killed)
"""

DIE_AT_RANDOM_MOMENTS = """
SETTINGS = dict(model="linear", epochs=20, optimizer="momentum", patience=0)
train(place / "imported")  # nothing is imported or made for the first time in what follows
started = time.perf_counter()
assert child(lambda: train(place / "whole")) == 0
lasted, chance, killed = time.perf_counter() - started, random.Random(0), 0
for number in range(2):
    out = place / str(number)
    for _ in range(2):
        process = begun(lambda: train(out))
        time.sleep(lasted * chance.uniform(0.1, 0.9))
        os.kill(process, signal.SIGKILL)
        killed += os.waitpid(process, 0)[1] == signal.SIGKILL
    require_same(out)
print(killed)
"""


def killed_in(script, data, place):
    """Run a script of trainings that are killed and continued, and return how many were killed."""
    words = [sys.executable, "-W", "error", "-c", TRAININGS + script, str(data), str(place)]
    alone = os.environ | {"OMP_NUM_THREADS": "1"}  # a fork has none of its parent's threads
    process = subprocess.Popen(  # noqa: S603 - our own code
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=alone, start_new_session=True
    )
    try:
        output, errors = process.communicate()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # its children too
            process.communicate()
    assert process.returncode == 0, errors
    return int(output)


@needs_sigkill
def test_a_run_killed_at_any_write_ends_with_the_same_model(few, tmp_path):
    assert killed_in(LINEAR + DIE_AT_WRITES, few, tmp_path) >= 8


@needs_sigkill
def test_a_base_killed_while_it_looks_or_learns_on_ends_with_the_same_model(flowers, tmp_path):
    assert killed_in(LEARNING_ON + DIE_AT_WRITES, flowers, tmp_path) == 2
    report = json.loads((tmp_path / "whole" / "report.json").read_text())
    assert report["base"]["unfrozen"] == "all"


@needs_sigkill
def test_a_run_killed_at_random_moments_ends_with_the_same_model(few, tmp_path):
    assert killed_in(DIE_AT_RANDOM_MOMENTS, few, tmp_path) >= 1


@pytest.fixture
def begin():
    """Return a function that begins a training in a process of its own; none of them outlives the test."""
    processes = []

    def run(few, out, *more):
        heard = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {MAIN}"  # also in background
        words = [sys.executable, "-c", heard, "train", few, "--out", out, "--model", "mlp", "--baseline", "none", *more]
        processes.append(subprocess.Popen(list(map(str, words)), stderr=subprocess.PIPE, text=True))  # noqa: S603
        return processes[-1]

    yield run
    for process in processes:
        process.kill()
        process.wait()
        process.stderr.close()


def test_an_interrupt_is_told_calmly_and_the_run_goes_on(few, tmp_path, begin):
    process = begin(few, tmp_path / "run", "--epochs", "100000", "--set", "patience=0")
    assert any("epoch " in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    words = process.communicate()[1]
    assert process.returncode == 130
    assert "the same command" in words.splitlines()[-1]
    assert "Traceback" not in words
    assert (tmp_path / "run" / "checkpoints" / "last.safetensors").exists()
