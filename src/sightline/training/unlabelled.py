"""Who is in a step where some samples have a label and most have none."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from sightline.training.batch import split_rows
from sightline.training.samplers import LABEL
from sightline.training.samples import Samples


@dataclass(frozen=True)
class WithUnlabelled:
    """Every row without a label once an epoch; beside them, in each step, rows with a label, again and again.

    A row without a label has a negative one. Rows with a label come first in a step.

    Args:
        batch_size: Rows with a label a step.
        ratio: Rows without one, for each of them.

    Reference:
        Sohn et al., "FixMatch: simplifying semi-supervised learning with consistency and confidence" (2020), 2.2:
        batches of B labelled and mu B unlabelled pictures. https://arxiv.org/abs/2001.07685
    """

    batch_size: int
    ratio: int

    def batches(self, samples: Samples, *, seed: int) -> Sequence[torch.Tensor]:
        """Return the rows of each step."""
        generator = torch.Generator().manual_seed(seed)
        has_label = samples.targets[LABEL][samples.rows] >= 0
        unlabelled = samples.rows[~has_label]
        order = torch.randperm(len(unlabelled), generator=generator)
        more = split_rows(unlabelled[order], self.ratio * self.batch_size)
        known = _again_and_again(samples.rows[has_label], len(more) * self.batch_size, generator)
        return [torch.cat(both) for both in zip(torch.split(known, self.batch_size), more, strict=True)]


@dataclass(frozen=True)
class AgainAndAgain:
    """As many steps an epoch as are named, however few rows there are, each row as often as any other.

    Args:
        batch_size: Labelled rows in a step.
        steps: How many an epoch has.
    """

    batch_size: int
    steps: int

    def batches(self, samples: Samples, *, seed: int) -> Sequence[torch.Tensor]:
        """Return the rows of each step."""
        generator = torch.Generator().manual_seed(seed)
        return torch.split(_again_and_again(samples.rows, self.steps * self.batch_size, generator), self.batch_size)


def _again_and_again(rows: torch.Tensor, count: int, generator: torch.Generator) -> torch.Tensor:
    """Return so many rows: all of them in one order, then in another one, until there are enough."""
    orders = [torch.randperm(len(rows), generator=generator) for _ in range(math.ceil(count / len(rows)))]
    return rows[torch.cat(orders)[:count]]
