"""How many threads compute a step: all, or one while another program keeps the processor busy.

The threads of a step wait for each other many times. Where another program holds one of the cores, each wait lasts
until the scheduler comes round, and two threads are slower than one by itself.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import torch
from torch import nn

from sightline.training.devices import autocast

LEAST_ROUNDS, MOST_ROUNDS, SECONDS = 3, 9, 0.5
"""Turns that are taken, and after how many seconds no other is begun."""
CLEARLY = 1.1
"""All threads stay unless one is quicker by this factor."""
LOOK_AFTER = 10.0
"""Seconds of training between two looks whether the choice still holds."""
CROWDED = 0.1
"""Share of the time that this thread has to wait for a core, from which on it is worth a look."""
PICTURES, PIXELS = 32, 32 * 32 * 32
"""Of a turn at most, all pictures together; but two pictures at least."""


def quicker_threads(network: nn.Module, pixels: torch.Tensor, *, device: torch.device, precision: str) -> int:
    """Return the number of threads to train with at this moment: all that torch has, or one.

    Both take turns at forward and backward, so that a busy moment meets both.

    Args:
        network: On the CPU, in any mode; nothing in it changes but its gradients, which are cleared.
        pixels: Some pictures, (n, H, W, C) uint8, n above 0; up to 32 of them are taken, fewer of large ones.
        device: Elsewhere than on the CPU all threads stay.
        precision: As the training has it.
    """
    threads = torch.get_num_threads()
    if device.type != "cpu" or threads == 1:
        return threads
    some = pixels[: min(PICTURES, max(2, PIXELS // (pixels.shape[1] * pixels.shape[2])))]
    mode, began = network.training, time.perf_counter()
    network.eval()  # neither running means nor the random generator are touched
    seconds: dict[int, list[float]] = {threads: [], 1: []}
    try:
        for turn in range(MOST_ROUNDS):
            if turn >= LEAST_ROUNDS and time.perf_counter() - began > SECONDS:
                break
            for count, taken in seconds.items():
                torch.set_num_threads(count)
                started = time.perf_counter()
                with torch.enable_grad(), autocast(device, precision):
                    scores = network(some)
                scores.float().square().mean().backward()
                taken.append(time.perf_counter() - started)
    finally:
        torch.set_num_threads(threads)
        network.zero_grad()
        network.train(mode)
    # The first round pays for what later ones do not.
    return 1 if median(seconds[threads][1:]) > CLEARLY * median(seconds[1][1:]) else threads


@contextmanager
def threads_set_to(count: int) -> Iterator[None]:
    """Compute with so many threads meanwhile."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Crowd:
    """Notices that another program has taken cores, or has given them back, since training was last looked at."""

    def __init__(self) -> None:
        self._begin()

    def has_changed(self, *, all_threads: bool) -> bool:
        """Say whether to look again how many threads are quickest; begins anew if so.

        Args:
            all_threads: Whether all are in use: then a core that is waited for is a reason, else one that is not.
        """
        lasted = time.perf_counter() - self._began
        if lasted < LOOK_AFTER:
            return False
        is_crowded = _seconds_without_a_core() - self._waited > CROWDED * lasted
        self._begin()
        return is_crowded or not all_threads

    def _begin(self) -> None:
        self._began, self._waited = time.perf_counter(), _seconds_without_a_core()


def _seconds_without_a_core() -> float:
    """Return how long the caller's thread was ready to run in all, and had no core; 0 where nothing tells."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0
