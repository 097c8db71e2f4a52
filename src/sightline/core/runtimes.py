"""What torch and ONNX Runtime are told before they are imported, through the environment that they read."""

import os
import sys

SPINS = "20000"
"""Looks at a barrier before a thread sleeps, a third of a millisecond in all: see docs/decisions/0005."""


def wait_briefly() -> None:
    """Let waiting threads sleep after a third of a millisecond; works only before torch is imported.

    OpenMP's threads spin while they wait, for many milliseconds if nothing is said. Beside a busy program a thread that
    spins keeps the one that it waits for from running; threads that sleep at once take up to half as long again for a
    step, for there are hundreds of short waits in it. Elsewhere than on Linux other libraries wait, which only know
    whether to spin or not. Whoever sets ``OMP_WAIT_POLICY`` or ``GOMP_SPINCOUNT`` is obeyed.

    Reference:
        GNU Offloading and Multi-Processing Runtime Library, GOMP_SPINCOUNT.
        https://gcc.gnu.org/onlinedocs/libgomp/GOMP_005fSPINCOUNT.html
        OpenMP Application Programming Interface 5.2 (2021), section 21.1.9, OMP_WAIT_POLICY.
        https://www.openmp.org/spec-html/5.2/openmp.html
    """
    if os.environ.keys().isdisjoint(("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")):
        name, value = ("GOMP_SPINCOUNT", SPINS) if sys.platform == "linux" else ("OMP_WAIT_POLICY", "passive")
        os.environ[name] = value


def stay_quiet() -> None:
    """Keep ONNX Runtime from reporting how it is used; works only before it is imported.

    From version 1.29 on it looks up an address of its maker, and keeps a database of its own in the user's
    cache folder. What is classified here is nobody else's business. Whoever sets ``ORT_DISABLE_TELEMETRY``
    is obeyed.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
