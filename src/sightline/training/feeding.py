"""The samples of a step, as a network sees them; for a GPU they are made ready while it takes the step before."""

import time
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import torch

from sightline.training.batch import Batch, joined, split_rows
from sightline.training.recipe import Recipe
from sightline.training.resizing import resized, scale_at
from sightline.training.samples import Samples

AT_A_TIME = 1024
"""Samples that are altered together: of a huge batch not all need be floats at the same time."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def batch_of(
    samples: Samples, rows: torch.Tensor, *, recipe: Recipe, progress: float, augmenting: torch.Generator
) -> Batch:
    """Return the samples of a step, cut out, resized and altered.

    Args:
        samples: What the rows belong to.
        rows: (n, ...) of the step.
        recipe: How they are altered, and how small pictures begin.
        progress: How far the training is, in [0, 1].
        augmenting: What the augmentation draws from.
    """
    scale = scale_at(progress, recipe.steps.start_scale)
    parts = [samples.cut(some) for some in split_rows(rows, AT_A_TIME)]
    return joined([recipe.augment(part.with_inputs(resized(part.inputs, scale)), augmenting) for part in parts])


def one_by_one(items: Iterable[Item], make: Callable[[Item], Result]) -> Generator[tuple[Result, float], None, None]:
    """Yield what is made of each item when it is asked for, in order, with the seconds that this took."""
    for item in items:
        began = time.perf_counter()
        result = make(item)
        yield result, time.perf_counter() - began


def prefetched(items: Iterable[Item], make: Callable[[Item], Result]) -> Generator[tuple[Result, float], None, None]:
    """Yield what is made of each item, in order, with the seconds that it was waited for; the next is made meanwhile.

    A thread makes one at a time, so that what `make` draws at random does not depend on who was quicker. That is for
    devices that learn while the processor does something else. On a processor it costs a third of the speed: the second
    thread brings OpenMP threads of its own, and where there are more of them than cores they no longer wait awake for
    each other.
    """
    left = iter(items)
    with ThreadPoolExecutor(1) as thread:
        running = [thread.submit(make, item) for item in islice(left, 1)]
        while running:
            began = time.perf_counter()
            result = running.pop().result()
            waited = time.perf_counter() - began
            running += [thread.submit(make, item) for item in islice(left, 1)]
            yield result, waited
