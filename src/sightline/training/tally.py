"""Named sums over the samples that were seen."""

from collections.abc import Mapping

import torch

Sums = Mapping[str, torch.Tensor | float]
"""Sums over some samples by name, each a number or a vector such as (K,) counts."""


class Tally:
    """Sums over the batches that were seen, by name; an objective says which there are.

    They are float64 tensors on the CPU, so that those of several processes can be added up as they are.
    """

    def __init__(self) -> None:
        self.sums: dict[str, torch.Tensor] = {}

    def __getitem__(self, name: str) -> torch.Tensor:
        """Return a sum by its name: () for a number, else a vector."""
        return self.sums[name]

    def add(self, sums: Sums) -> None:
        """Add the sums of one batch; all that lie on a device are read together, as each reading waits for it."""
        tensors = {name: value.detach() for name, value in sums.items() if isinstance(value, torch.Tensor)}
        if tensors:
            flat = torch.cat([value.reshape(-1).float() for value in tensors.values()]).cpu().double()
            parts = torch.split(flat, [value.numel() for value in tensors.values()])
            for (name, value), part in zip(tensors.items(), parts, strict=True):
                self._add(name, part.reshape(value.shape))
        for name, number in sums.items():
            if name not in tensors:
                self._add(name, torch.tensor(number, dtype=torch.float64))

    def merge(self, other: "Tally") -> None:
        """Add another's sums."""
        for name, value in other.sums.items():
            self._add(name, value)

    def mean(self, name: str) -> float:
        """Return a sum of numbers over the count of samples."""
        return float(self.sums[name]) / float(self.sums["count"])

    @property
    def count(self) -> int:
        """The number of samples."""
        return int(self.sums["count"]) if self.sums else 0

    def _add(self, name: str, value: torch.Tensor) -> None:
        self.sums[name] = self.sums[name] + value if name in self.sums else value.clone()
