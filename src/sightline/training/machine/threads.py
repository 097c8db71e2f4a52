"""How many threads compute a step: all, or one while another program keeps the processor busy.

The threads of a step wait for each other many times. Where another program holds one of the cores, each wait lasts
until the scheduler comes round, and two threads are slower than one by itself.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from statistics import median

import torch
from torch import nn

LEAST_ROUNDS, MOST_ROUNDS, SECONDS = 3, 9, 0.5
"""Turns that are taken, and after how many seconds no other is begun."""
CLEARLY = 1.1
"""All threads stay unless one is quicker by this factor."""
LOOK_AFTER = 10.0
"""Seconds of training between two looks whether the choice still holds."""
BUSY = 0.1
"""Share of the time that this thread has to wait for a core, from which on it is worth a look."""
SAMPLES, PLACES = 32, 32 * 32 * 32
"""Of a turn at most, all samples together; but two samples at least. Places are pixels, of pictures."""


def quicker_threads(network: nn.Module, forward: Callable[[], torch.Tensor]) -> int:
    """Return the number of threads to train with on the CPU at this moment: all that torch has, or one.

    Both take turns at forward and backward, so that a busy moment meets both.

    Args:
        network: In any mode; nothing in it changes but its gradients, which are cleared.
        forward: Takes some samples through the network and returns their (n,) losses.
    """
    threads = torch.get_num_threads()
    if threads == 1:
        return threads
    modes = [(module, module.training) for module in network.modules()]
    network.eval()  # neither running means nor the random generator are touched
    try:
        seconds = _seconds_of_turns((threads, 1), forward)
    finally:
        torch.set_num_threads(threads)
        network.zero_grad()
        for module, is_training in modes:
            module.training = is_training
    # The first round pays for what later ones do not.
    return 1 if median(seconds[threads][1:]) > CLEARLY * median(seconds[1][1:]) else threads


def _seconds_of_turns(counts: tuple[int, ...], forward: Callable[[], torch.Tensor]) -> dict[int, list[float]]:
    """Return the seconds of each turn at forward and backward, for every number of threads."""
    seconds: dict[int, list[float]] = {count: [] for count in counts}
    began = time.perf_counter()
    for turn in range(MOST_ROUNDS):
        if turn >= LEAST_ROUNDS and time.perf_counter() - began > SECONDS:
            break
        for count in counts:
            torch.set_num_threads(count)
            started = time.perf_counter()
            with torch.enable_grad():
                forward().mean().backward()  # type: ignore[no-untyped-call]
            seconds[count].append(time.perf_counter() - started)
    return seconds


def samples_a_turn(shape: tuple[int, ...]) -> int:
    """Return how many samples of a shape, channels last, a turn takes.

    Example:
        >>> samples_a_turn((32, 32, 3)), samples_a_turn((224, 224, 3))
        (32, 2)
    """
    return min(SAMPLES, max(2, PLACES // prod(shape[:-1])))


@contextmanager
def threads_set_to(count: int) -> Iterator[None]:
    """Compute with so many threads meanwhile."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Contention:
    """Notices that another program has taken cores, or has left them, since training was last looked at."""

    def __init__(self) -> None:
        self._begin()

    def has_changed(self, threads: int) -> bool:
        """Say whether to look again how many threads are quickest; begins anew if so.

        Args:
            threads: In use. Where all are, a core that is waited for is a reason, else one that is not.
        """
        lasted = time.perf_counter() - self._began
        if lasted < LOOK_AFTER:
            return False
        is_busy = _seconds_without_a_core() - self._waited > BUSY * lasted
        self._begin()
        return is_busy or threads != torch.get_num_threads()

    def _begin(self) -> None:
        self._began, self._waited = time.perf_counter(), _seconds_without_a_core()


def _seconds_without_a_core() -> float:
    """Return how long the caller's thread was ready to run in all, and had no core; 0 where nothing tells."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0
