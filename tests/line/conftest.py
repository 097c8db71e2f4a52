"""Trainings that are killed: a script begins children, ends them, and none of them outlives the test."""

import os
import signal
import subprocess
import sys

import pytest

FORKS = """
import json, os, random, signal, sys, time
from pathlib import Path
import torch, sightline
from sightline.line.narrator import Silent

data, place, words = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
torch.set_num_threads(1)

def begun(work):
    process = os.fork()  # what was imported or made before needs no second time in it
    if process == 0:
        try:
            work()
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return process

def ended(process):
    return os.waitpid(process, 0)[1]

def require_killed_at(written, times, work):
    rename, left = Path.replace, times
    def count(self, target):
        nonlocal left
        left -= str(target).endswith(written)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return rename(self, target)
    def dying():
        Path.replace = count
        work()
    assert ended(begun(dying)) == signal.SIGKILL, written

def require_same(run, other, *more):
    for name in ("model.sightline", "predictions.csv", *more):
        assert (run / name).read_bytes() == (other / name).read_bytes(), (run, name)
"""


@pytest.fixture(scope="session")
def forked():
    """Return what runs a script after `FORKS`, with a data set, a folder and more words, and returns what it prints."""
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork here")

    def run(script, data, place, *words):
        command = [sys.executable, "-c", FORKS + script, *map(str, (data, place, *words))]
        alone = os.environ | {"OMP_NUM_THREADS": "1"}  # a fork has none of its parent's threads
        process = subprocess.Popen(  # noqa: S603 - our own code
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=alone, start_new_session=True
        )
        try:
            output, errors = process.communicate()
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)  # its children too
                process.communicate()
        assert process.returncode == 0, errors
        return output

    return run
