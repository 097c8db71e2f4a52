"""kill -9 anywhere, the same command again, the same bits."""

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
    sightline.train(data, out=out, model="linear", epochs=EPOCHS, optimizer="momentum", patience=0, baseline="none",
                    narrator=Silent())

def require_same(out):
    if not (out / "report.json").exists():
        assert child(lambda: train(out)) == 0, out
    for name in ("model.sightline", "predictions.csv"):
        assert (out / name).read_bytes() == (place / "whole" / name).read_bytes(), out
"""

DIE_AT_EVERY_WRITE = """
EPOCHS = 2

def dying(number, before):
    left = number
    rename, flush = Path.replace, os.fsync
    def count(real, *words):
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*words)
    if before:
        os.fsync = lambda handle: count(flush, handle)
    else:
        Path.replace = lambda self, target: count(lambda: None) or rename(self, target)

train(place / "whole")  # in this process, so that no child has to import anything
killed = 0
for before in (True, False):
    for number in range(1 if before else 3, 40, 4):
        out = place / f"{before}{number}"
        status = child(lambda: (dying(number, before), train(out)))
        if status != signal.SIGKILL:
            assert status == 0, status
            break
        killed += 1
        require_same(out)
print(killed)
"""

DIE_AT_RANDOM_MOMENTS = """
EPOCHS = 20
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
    assert killed_in(DIE_AT_EVERY_WRITE, few, tmp_path) >= 8


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
