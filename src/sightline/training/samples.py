"""Samples as whole tensors, of which batches are cut."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

from sightline.training.batch import Batch


def row_numbers(rows: torch.Tensor) -> Sequence[str]:
    """Return a name for each row where nothing better is known."""
    return [f"row {row}" for row in rows.tolist()]


@dataclass(frozen=True, eq=False)
class Samples:
    """Some rows of a table; nothing is copied until a batch is cut.

    Args:
        inputs: (M, ...) of all parts, such as pictures (M, H, W, C) uint8.
        targets: What the objective asks for beside them, by name, (M, ...) each.
        rows: (n,) int64, the rows that belong to this part.
        names: From (k,) rows to the k names that an error shows, such as files.
    """

    inputs: torch.Tensor
    targets: Mapping[str, torch.Tensor]
    rows: torch.Tensor
    names: Callable[[torch.Tensor], Sequence[str]] = row_numbers

    def __len__(self) -> int:
        """Return the number of samples in this part."""
        return len(self.rows)

    def cut(self, rows: torch.Tensor) -> Batch:
        """Return the samples of some rows of the table, in their order."""
        return Batch(rows, self.inputs[rows], {name: target[rows] for name, target in self.targets.items()})


@dataclass(frozen=True)
class Parts:
    """What a training sees.

    Args:
        training: What is learnt from, at least two samples.
        validation: What the best epoch is chosen by; not empty.
    """

    training: Samples
    validation: Samples
