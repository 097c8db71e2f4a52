"""How many cores this process may use: the scheduler's number, not the machine's."""

import os


def core_count() -> int:
    """Return the cores that the scheduler gives this process, at least 1.

    A container bound to 2 of 64 cores has 2. Where the system keeps no such list, it is the machine's number.
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
