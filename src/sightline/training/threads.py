"""How many threads compute a step: all, or one where another program keeps the processor busy.

The threads of a step wait for each other many times. Where another program holds one of the cores, each wait lasts
until the scheduler comes round, and two threads are slower than one by itself.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import torch
from torch import nn

from sightline.training.devices import autocast

ROUNDS = 9
CLEARLY = 1.1
"""All threads stay unless one is quicker by this factor."""
PICTURES = 32


def quicker_threads(network: nn.Module, pixels: torch.Tensor, *, device: torch.device, precision: str) -> int:
    """Return the number of threads to train with at this moment: all that torch has, or one.

    Both take turns at forward and backward, so that a busy moment meets both.

    Args:
        network: On the CPU, in any mode; nothing in it changes but its gradients, which are cleared.
        pixels: Some pictures, (n, H, W, C) uint8, n above 0; 32 of them are taken.
        device: Elsewhere than on the CPU all threads stay.
        precision: As the training has it.
    """
    threads = torch.get_num_threads()
    if device.type != "cpu" or threads == 1:
        return threads
    mode = network.training
    network.eval()  # neither running means nor the random generator are touched
    seconds: dict[int, list[float]] = {threads: [], 1: []}
    try:
        for _ in range(ROUNDS):
            for count, taken in seconds.items():
                torch.set_num_threads(count)
                started = time.perf_counter()
                with torch.enable_grad(), autocast(device, precision):
                    scores = network(pixels[:PICTURES])
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
