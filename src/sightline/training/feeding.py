"""The pictures of a step, as a network sees them; for a GPU they are made ready while it takes the step before."""

import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import torch

from sightline.training.recipe import Recipe
from sightline.training.resizing import resized, scale_at
from sightline.training.samples import Batch, Samples, split_rows

AT_A_TIME = 1024
"""Pictures that are altered together: of a huge batch not all need be floats at the same time."""

Wanted = TypeVar("Wanted")
Made = TypeVar("Made")


def batch_of(
    samples: Samples, rows: torch.Tensor, *, recipe: Recipe, progress: float, augmenting: torch.Generator
) -> Batch:
    """Return the pictures of a step, cut out, resized and altered.

    Args:
        samples: What the rows belong to.
        rows: (n,) of the step.
        recipe: How they are altered, and how small they begin.
        progress: How far the training is, in [0, 1].
        augmenting: What the augmentation draws from.
    """
    scale = scale_at(progress, recipe.start_scale)
    parts = [
        recipe.augment(resized(pixels, scale), targets, augmenting)
        for pixels, targets in map(samples.cut, split_rows(rows, AT_A_TIME))
    ]
    pixels, targets = zip(*parts, strict=True)
    return parts[0] if len(parts) == 1 else (torch.cat(pixels), torch.cat(targets))


def made(
    wanted: Iterable[Wanted], make: Callable[[Wanted], Made], *, ahead: bool
) -> Generator[tuple[Made, float], None, None]:
    """Yield what is made of each thing, in order, with the seconds that it was waited for.

    Ahead, the next one is made in a thread meanwhile, one at a time, so that what `make` draws at random does not
    depend on who was quicker. That is for devices that learn while the processor does something else. On a processor
    it costs a third of the speed: the second thread brings OpenMP threads of its own, and where there are more of them
    than cores they no longer wait awake for each other.

    Args:
        wanted: What to make something of.
        make: Called in order; what it raises is raised here.
        ahead: Whether to be one ahead.
    """
    left = iter(wanted)
    if not ahead:
        for one in left:
            began = time.perf_counter()
            result = make(one)
            yield result, time.perf_counter() - began
        return
    with ThreadPoolExecutor(1) as thread:
        running = [thread.submit(make, one) for one in islice(left, 1)]
        while running:
            began = time.perf_counter()
            result = running.pop().result()
            waited = time.perf_counter() - began
            running += [thread.submit(make, one) for one in islice(left, 1)]
            yield result, waited
