"""What a process runs on: the cores that it may use, and what torch and ONNX Runtime read when they are imported."""

import os
import sys

SPINS = "20000"
"""Looks at a barrier before a thread sleeps, a third of a millisecond in all: see docs/decisions/0005."""


def core_count() -> int:
    """Return the cores that the scheduler gives this process, at least 1.

    A container bound to 2 of 64 cores has 2. Where the system keeps no such list, it is the machine's number.
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def shorten_spinning() -> None:
    """Let waiting threads sleep after a third of a millisecond; has no effect once torch is imported.

    OpenMP's threads spin while they wait, for many milliseconds by default. Beside a busy program a spinning thread
    keeps the one that it waits for from running; threads that sleep at once make a training step up to half as long
    again, for there are hundreds of short waits in it. On other systems than Linux, OpenMP only knows whether to spin
    or not. A user's own ``OMP_WAIT_POLICY`` or ``GOMP_SPINCOUNT`` is left alone.

    Reference:
        GNU Offloading and Multi-Processing Runtime Library, GOMP_SPINCOUNT.
        https://gcc.gnu.org/onlinedocs/libgomp/GOMP_005fSPINCOUNT.html
        OpenMP Application Programming Interface 5.2 (2021), section 21.1.9, OMP_WAIT_POLICY.
        https://www.openmp.org/spec-html/5.2/openmp.html
    """
    if os.environ.keys().isdisjoint(("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")):
        name, value = ("GOMP_SPINCOUNT", SPINS) if sys.platform == "linux" else ("OMP_WAIT_POLICY", "passive")
        os.environ[name] = value


def disable_telemetry() -> None:
    """Keep ONNX Runtime from reporting how it is used; has no effect once it is imported.

    From version 1.29 on it looks up an address of its maker, and keeps a database of its own in the user's cache
    folder. What a user classifies stays on the user's machine. A user's own ``ORT_DISABLE_TELEMETRY`` is left alone.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
