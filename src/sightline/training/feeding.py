"""The pictures of a step, as a network sees them, made ready while the step before is taken."""

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


def made_ahead(wanted: Iterable[Wanted], make: Callable[[Wanted], Made]) -> Generator[tuple[Made, float], None, None]:
    """Yield what is made of each thing, in order, with the seconds that it was waited for.

    The next one is made in a thread meanwhile, one at a time, so that what `make` draws at random does not depend on
    who was quicker.

    Args:
        wanted: What to make something of.
        make: Called in the thread, in order; what it raises is raised here.
    """
    left = iter(wanted)
    with ThreadPoolExecutor(1) as thread:
        ahead = [thread.submit(make, one) for one in islice(left, 1)]
        while ahead:
            began = time.perf_counter()
            made = ahead.pop().result()
            waited = time.perf_counter() - began
            ahead += [thread.submit(make, one) for one in islice(left, 1)]
            yield made, waited
