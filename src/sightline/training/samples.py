"""Decoded pictures and labels as whole tensors, cut into batches."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch

Batch = tuple[torch.Tensor, torch.Tensor]
"""Pixels (n, H, W, C) uint8 and labels (n,) int64."""


@dataclass(frozen=True)
class Samples:
    """Some rows of a table of decoded pictures; nothing is copied until a batch is cut.

    Args:
        pixels: (M, H, W, C) uint8, of all parts.
        labels: (M,) int64.
        rows: (n,) int64, the rows that belong to this part.
    """

    pixels: torch.Tensor
    labels: torch.Tensor
    rows: torch.Tensor

    def __len__(self) -> int:
        """Return the number of samples in this part."""
        return len(self.rows)

    def in_order(self, batch_size: int) -> Iterator[Batch]:
        """Yield every sample once, in the table's order."""
        yield from self._batches(self.rows, batch_size)

    def shuffled(self, batch_size: int, *, seed: int) -> Iterator[Batch]:
        """Yield every sample once, in an order that depends on the seed alone."""
        order = torch.randperm(len(self.rows), generator=torch.Generator().manual_seed(seed))
        yield from self._batches(self.rows[order], batch_size)

    def _batches(self, rows: torch.Tensor, batch_size: int) -> Iterator[Batch]:
        for chosen in torch.split(rows, batch_size):
            yield self.pixels[chosen], self.labels[chosen]
