"""Functions and commands in processes of their own, and what those cost."""

import json
import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

SIGHTLINE = str(Path(sys.executable).parent / "sightline")
WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
"""Variables that say how OpenMP's threads wait; without them each loop has its own way."""
PEAK = """
import json, resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""


class Cost(NamedTuple):
    """What a command took: seconds by the clock, seconds of all cores, and megabytes at the peak."""

    seconds: float
    processors: float
    megabytes: float


def aside(function, *arguments, **variables):
    """Return what a function gives in a fresh process, which imports the script anew.

    Args:
        function: Of the script or of a module, by name.
        arguments: What it is called with.
        variables: Of the environment, beside those that are set; `WAITING` are left out unless they are named.
    """
    with environment(variables), _process() as process:
        return process.submit(function, *arguments).result()


def aside_together(function, *arguments, **_):
    """Do the same in one process for all calls, which saves seconds where no figure is wanted."""
    return _shared_process().submit(function, *arguments).result()


@cache
def _shared_process():
    return _process()


def _process():
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


@contextmanager
def environment(variables):
    """Have variables set, and `WAITING` unset, until the end of the block."""
    kept = dict(os.environ)
    for name in WAITING:
        os.environ.pop(name, None)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


def cost_of(*command, **variables):
    """Return what a command takes that must end well.

    A small process starts it: Linux counts what the parent held at that moment as the child's own.
    """
    words = [sys.executable, "-c", PEAK, *map(str, command)]
    started = time.perf_counter()
    answer = subprocess.run(  # noqa: S603
        words, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **variables}
    )
    processors, megabytes = json.loads(answer.stdout)
    return Cost(time.perf_counter() - started, processors, megabytes)
