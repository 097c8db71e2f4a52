"""kill -9 anywhere, the same command again, the same bits."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

MAIN = "from sightline.app.cli import main; main()"
QUICKLY = ("--model", "mlp", "--baseline", "none", "--set", "patience=0")

DIE_AT_EVERY_WRITE = """
import os, signal, sys
from pathlib import Path
import torch, sightline
from sightline.line.narrator import Silent

data, place = Path(sys.argv[1]), Path(sys.argv[2])

def child(work):
    process = os.fork()
    if process == 0:
        try:
            work()
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return os.waitpid(process, 0)[1]

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

def train(out):
    torch.set_num_threads(1)
    sightline.train(data, out=out, model="linear", epochs=2, optimizer="momentum", baseline="none", narrator=Silent())

train(place / "whole")  # in this process, so that no child has to import anything
model = (place / "whole" / "model.sightline").read_bytes()
predictions = (place / "whole" / "predictions.csv").read_bytes()
killed = 0
for before in (True, False):
    for number in range(1 if before else 3, 40, 4):
        out = place / f"{before}{number}"
        ended = child(lambda: (dying(number, before), train(out)))
        if ended != signal.SIGKILL:
            assert ended == 0, ended
            break
        killed += 1
        if (out / "report.json").exists():
            continue
        assert child(lambda: train(out)) == 0, (before, number)
        assert (out / "model.sightline").read_bytes() == model, (before, number)
        assert (out / "predictions.csv").read_bytes() == predictions, (before, number)
print(killed)
"""


def begin(few, out, *more):
    heard = f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler); {MAIN}"  # also in the background
    words = [sys.executable, "-c", heard, "train", few, "--out", out, *QUICKLY, *more]
    return subprocess.Popen(list(map(str, words)), stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own code


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
@pytest.mark.timeout(300)
def test_a_run_killed_at_any_write_ends_with_the_same_model(few, tmp_path):
    words = [sys.executable, "-W", "error", "-c", DIE_AT_EVERY_WRITE, str(few), str(tmp_path)]
    alone = os.environ | {"OMP_NUM_THREADS": "1"}  # a fork has none of its parent's threads
    outcome = subprocess.run(words, check=False, capture_output=True, text=True, env=alone)  # noqa: S603 - our own code
    assert outcome.returncode == 0, outcome.stderr
    assert int(outcome.stdout) >= 8


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_a_run_killed_at_random_moments_ends_with_the_same_model(few, tmp_path):
    started = time.perf_counter()
    whole = begin(few, tmp_path / "whole")
    whole.communicate()
    assert whole.returncode == 0
    lasted, chance = time.perf_counter() - started, random.Random(0)  # noqa: S311 - no secret
    for _ in range(2):
        process = begin(few, tmp_path / "run")
        time.sleep(lasted * chance.uniform(0.5, 0.95))
        process.kill()
        process.communicate()
    if not (tmp_path / "run" / "report.json").exists():
        last = begin(few, tmp_path / "run")
        assert last.communicate()[1].count("Traceback") == 0
        assert last.returncode == 0
    model = (tmp_path / "whole" / "model.sightline").read_bytes()
    assert (tmp_path / "run" / "model.sightline").read_bytes() == model


def test_an_interrupt_is_told_calmly_and_the_run_goes_on(few, tmp_path):
    process = begin(few, tmp_path / "run", "--epochs", "100000")
    while "epoch " not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    told = process.communicate()[1]
    assert process.returncode == 130
    assert "the same command" in told.splitlines()[-1]
    assert "Traceback" not in told
    assert (tmp_path / "run" / "checkpoints" / "last.safetensors").exists()
