"""How torch's threads wait for each other."""

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
