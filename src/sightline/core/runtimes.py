"""What torch and ONNX Runtime are told before they are imported, through the environment that they read."""

import os


def wait_without_spinning() -> None:
    """Let waiting threads sleep; works only before torch is imported.

    OpenMP's threads spin while they wait. Beside one other busy program on a machine with two
    cores that makes a training six to eight times slower, because a spinning thread keeps the one
    it waits for from running. Whoever sets ``OMP_WAIT_POLICY`` or ``GOMP_SPINCOUNT`` is obeyed.

    Reference:
        OpenMP Application Programming Interface 5.2 (2021), section 21.1.9, OMP_WAIT_POLICY.
        https://www.openmp.org/spec-html/5.2/openmp.html
    """
    if "GOMP_SPINCOUNT" not in os.environ:
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def stay_quiet() -> None:
    """Keep ONNX Runtime from reporting how it is used; works only before it is imported.

    From version 1.29 on it looks up an address of its maker, and keeps a database of its own in the user's
    cache folder. What is classified here is nobody else's business. Whoever sets ``ORT_DISABLE_TELEMETRY``
    is obeyed.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
