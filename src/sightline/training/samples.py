"""Decoded pictures and labels as whole tensors, cut into batches."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch.nn.functional import one_hot

Batch = tuple[torch.Tensor, torch.Tensor]
"""Pixels (n, H, W, C) uint8 and targets (n, K) float32, whose rows sum to 1."""


@dataclass(frozen=True)
class Samples:
    """Some rows of a table of decoded pictures; nothing is copied until a batch is cut.

    Args:
        pixels: (M, H, W, C) uint8, of all parts.
        labels: (M,) int64.
        rows: (n,) int64, the rows that belong to this part.
        classes: The number K of classes.
    """

    pixels: torch.Tensor
    labels: torch.Tensor
    rows: torch.Tensor
    classes: int

    def __len__(self) -> int:
        """Return the number of samples in this part."""
        return len(self.rows)

    def counts(self) -> tuple[int, ...]:
        """Return the number of samples of each class, (K,)."""
        return tuple(torch.bincount(self.labels[self.rows], minlength=self.classes).tolist())

    def cut(self, rows: torch.Tensor) -> Batch:
        """Return the pictures of some rows of the table, with their targets."""
        return self.pixels[rows], one_hot(self.labels[rows], self.classes).float()

    def in_order(self, batch_size: int) -> Iterator[Batch]:
        """Yield every sample once, in the table's order."""
        yield from map(self.cut, torch.split(self.rows, batch_size))

    def shuffled(self, *, seed: int) -> torch.Tensor:
        """Return the rows, each once, in an order that depends on the seed alone."""
        return self.rows[torch.randperm(len(self.rows), generator=torch.Generator().manual_seed(seed))]

    def balanced(self, *, seed: int) -> torch.Tensor:
        """Return as many rows, drawn with replacement so that every class is as likely as any other.

        Reference:
            Japkowicz and Stephen, "The class imbalance problem: a systematic study" (2002),
            section 3, random oversampling. https://doi.org/10.3233/IDA-2002-6504
        """
        labels = self.labels[self.rows]
        chances = 1 / torch.bincount(labels, minlength=self.classes).double()[labels]
        generator = torch.Generator().manual_seed(seed)
        return self.rows[torch.multinomial(chances, len(labels), replacement=True, generator=generator)]


def split_rows(rows: torch.Tensor, size: int) -> list[torch.Tensor]:
    """Cut rows, or what else has one entry a picture, into batches; a lone last one joins the batch before it.

    Batch normalisation can't learn from one picture: it has no spread.

    Example:
        >>> [len(batch) for batch in split_rows(torch.arange(9), 4)]
        [4, 5]
    """
    batches = list(torch.split(rows, size))
    if len(batches) > 1 and size > 1 and len(batches[-1]) == 1:
        last = batches.pop()
        batches[-1] = torch.cat((batches[-1], last))
    return batches
