"""What a step is made of: inputs of any rank, and what the objective compares with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch


@dataclass(frozen=True, eq=False)
class Batch:
    """The samples of a step.

    Every tensor has one entry per sample, so a batch can be cut into pieces and joined again.

    Args:
        rows: (n,) int64, places in the table of samples; (n, 2) for pairs, (n, 3) for triplets.
        inputs: (n, ...) of any rank: pictures (n, H, W, C), clips (n, T, H, W, C), pairs (n, 2, H, W, C).
        targets: What the objective asks for beside the inputs, by name, (n, ...) each; nothing for an autoencoder.
    """

    rows: torch.Tensor
    inputs: torch.Tensor
    targets: Mapping[str, torch.Tensor] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.rows)

    def with_inputs(self, inputs: torch.Tensor, **targets: torch.Tensor) -> "Batch":
        """Return the same samples with other inputs, and other targets where some are named."""
        return replace(self, inputs=inputs, targets={**self.targets, **targets})

    def to(self, device: torch.device) -> "Batch":
        """Return the batch with inputs and targets on a device; the rows stay where they are."""
        targets = {name: target.to(device) for name, target in self.targets.items()}
        return Batch(self.rows, self.inputs.to(device), targets)

    def split(self, size: int) -> list["Batch"]:
        """Cut the batch into pieces as `split_rows` does."""
        targets = {name: split_rows(target, size) for name, target in self.targets.items()}
        pairs = zip(split_rows(self.rows, size), split_rows(self.inputs, size), strict=True)
        return [
            Batch(rows, inputs, {name: pieces[place] for name, pieces in targets.items()})
            for place, (rows, inputs) in enumerate(pairs)
        ]


def joined(batches: Sequence[Batch]) -> Batch:
    """Return batches of the same kind, at least one, as one batch."""
    if len(batches) == 1:
        return batches[0]
    names = batches[0].targets
    return Batch(
        torch.cat([batch.rows for batch in batches]),
        torch.cat([batch.inputs for batch in batches]),
        {name: torch.cat([batch.targets[name] for batch in batches]) for name in names},
    )


def split_rows(rows: torch.Tensor, size: int) -> list[torch.Tensor]:
    """Cut rows, or what else has one entry a sample, into batches; a lone last one joins the batch before it.

    Batch normalisation can't learn from one sample: it has no spread.

    Example:
        >>> [len(batch) for batch in split_rows(torch.arange(9), 4)]
        [4, 5]
    """
    batches = list(torch.split(rows, size))
    if len(batches) > 1 and size > 1 and len(batches[-1]) == 1:
        last = batches.pop()
        batches[-1] = torch.cat((batches[-1], last))
    return batches
