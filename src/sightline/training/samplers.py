"""Who is in a step: an epoch's batches of rows, by a seed.

Importing this file does not import torch, so that settings can be checked and help can be shown without it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Protocol

from sightline.core.pieces import pieces

if TYPE_CHECKING:
    from torch import Tensor

    from sightline.training.samples import Samples

LABEL = "label"
"""The target that holds each sample's class."""
EVALUATION_BATCH, LEAST_EVALUATION_BATCH = 512, 8
EVALUATION_PLACES = EVALUATION_BATCH * 32 * 32
"""Places (pixels, of pictures) of all samples that are looked at together: larger ones come in smaller batches."""


class Sampler(Protocol):
    """Says which rows each step of an epoch has.

    A batch of rows has one entry per sample and goes through `Samples.cut`: (n,) for single samples, (n, 2) for pairs.
    An epoch ends when all of its batches have been seen, so episodes and shards of several processes are samplers too.
    """

    def batches(self, samples: "Samples", *, seed: int) -> "Sequence[Tensor]":
        """Return the rows of each step, in order; they depend on the samples and the seed alone."""


@dataclass(frozen=True)
class Shuffled:
    """Every row once, in an order of the seed."""

    batch_size: int

    def batches(self, samples: "Samples", *, seed: int) -> "Sequence[Tensor]":
        """Return the rows of each step."""
        import torch

        from sightline.training.batch import split_rows

        order = torch.randperm(len(samples), generator=torch.Generator().manual_seed(seed))
        return split_rows(samples.rows[order], self.batch_size)


@dataclass(frozen=True)
class Balanced:
    """As many rows as there are, drawn with replacement so that every class is as likely as any other.

    Reference:
        Japkowicz and Stephen, "The class imbalance problem: a systematic study" (2002),
        section 3, random oversampling. https://doi.org/10.3233/IDA-2002-6504
    """

    batch_size: int

    def batches(self, samples: "Samples", *, seed: int) -> "Sequence[Tensor]":
        """Return the rows of each step."""
        import torch

        from sightline.training.batch import split_rows

        labels = samples.targets[LABEL][samples.rows]
        chances = 1 / torch.bincount(labels).double()[labels]
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.multinomial(chances, len(labels), replacement=True, generator=generator)
        return split_rows(samples.rows[drawn], self.batch_size)


@dataclass(frozen=True)
class FullBatch:
    """All rows of an epoch in one step."""

    sampler: Sampler

    def batches(self, samples: "Samples", *, seed: int) -> "Sequence[Tensor]":
        """Return the rows of the one step."""
        import torch

        return (torch.cat(tuple(self.sampler.batches(samples, seed=seed))),)


@dataclass(frozen=True)
class InOrder:
    """Every row once, in the table's order, in batches that suit the size of a sample; for a look without steps."""

    def batches(self, samples: "Samples", *, seed: int) -> "Sequence[Tensor]":  # noqa: ARG002 - no chance here
        """Return the rows of each batch."""
        size = evaluation_batch(samples.inputs.shape[1:])
        return [samples.rows[piece] for piece in pieces(len(samples), size)]


@dataclass(frozen=True)
class SamplerEntry:
    """A sampler that can be named.

    Args:
        make: From the number of samples a step to the sampler.
        line: What it does, in one sentence.
        reference: Authors, title and year.
    """

    make: Callable[[int], Sampler]
    line: str
    reference: str


SAMPLERS: dict[str, SamplerEntry] = {
    "shuffled": SamplerEntry(
        Shuffled,
        "every picture once an epoch, in a new order",
        "Bottou, 'Stochastic gradient descent tricks' (2012), section 4.1",
    ),
    "balanced": SamplerEntry(
        Balanced,
        "every class as often as any other, drawn with replacement",
        "Japkowicz and Stephen, 'The class imbalance problem: a systematic study' (2002)",
    ),
    "full-batch": SamplerEntry(
        lambda batch_size: FullBatch(Shuffled(batch_size)),
        "all pictures in one step an epoch, added up batch by batch",
        "Cauchy, 'Méthode générale pour la résolution des systèmes d'équations simultanées' (1847)",
    ),
}
"""Each sampler by its name."""


def evaluation_batch(shape: Sequence[int]) -> int:
    """Return how many samples of a shape, channels last, are looked at together.

    Example:
        >>> evaluation_batch((32, 32, 3)), evaluation_batch((224, 224, 3))
        (512, 10)
    """
    return min(EVALUATION_BATCH, max(LEAST_EVALUATION_BATCH, EVALUATION_PLACES // prod(shape[:-1])))
