"""What a layer's numbers look like, in few numbers: a histogram, dead units, saturated outputs."""

import math
from dataclasses import dataclass

import torch
from torch import nn

BINS = 40
MOST_VALUES = 2**16
"""Of larger tensors so many values are looked at, evenly spread."""
SATURATED_WITHIN = 0.05
ENDS: dict[type[nn.Module], tuple[float, float]] = {nn.Sigmoid: (0.0, 1.0), nn.Tanh: (-1.0, 1.0)}
"""What the outputs of an activation with two ends come near to but never reach."""
ACTIVATIONS = (nn.Sigmoid, nn.Tanh, nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.GELU)


@dataclass(frozen=True)
class Histogram:
    """A histogram with bins of one width.

    Args:
        low: The least of the finite values.
        high: The greatest of the finite values.
        deviation: The standard deviation of the finite values.
        not_finite: How many of the values that were looked at are NaN or infinite.
        counts: Values in each of the 40 bins from `low` to `high`.
    """

    low: float
    high: float
    deviation: float
    not_finite: int
    counts: tuple[int, ...]


def histogram(values: torch.Tensor) -> Histogram:
    """Return the histogram of a tensor; of more than 65,536 values it looks at so many, evenly spread.

    Args:
        values: Of any shape, on any device.
    """
    looked_at = evenly_spread(values.detach().flatten()).float().cpu()
    finite = looked_at[looked_at.isfinite()]
    if not len(finite):
        return Histogram(0.0, 0.0, 0.0, len(looked_at), (0,) * BINS)
    low, high = float(finite.min()), float(finite.max())
    # Values that are all the same have a range without width, which histc takes as "find it yourself".
    ends = (low, high) if low < high else (low - 0.5, high + 0.5)
    counts = torch.histc(finite, BINS, *ends)
    return Histogram(
        low=low,
        high=high,
        deviation=float(finite.std(correction=0)),
        not_finite=len(looked_at) - len(finite),
        counts=tuple(int(count) for count in counts.tolist()),
    )


def evenly_spread(values: torch.Tensor, most: int = MOST_VALUES) -> torch.Tensor:
    """Return at most so many values of a (n,) tensor, evenly spread.

    The stride has no divisor in common with n, so that a flattened table is never looked at in one
    column or one channel alone.
    """
    stride = -(-len(values) // most)
    while stride > 1 and math.gcd(stride, len(values)) > 1:
        stride += 1
    return values[:: max(stride, 1)]


class UnitWatch:
    """Looks at the outputs of one activation, batch after batch.

    A unit of a convolution is a channel, since all its places share their weights; a unit of a dense
    layer is one number.
    """

    def __init__(self, layer: nn.Module) -> None:
        self._rectifies = isinstance(layer, nn.ReLU | nn.ReLU6)
        self._ends = ENDS.get(type(layer))
        self._fired: torch.Tensor | None = None
        self._saturated = self._seen = 0

    def look(self, outputs: torch.Tensor) -> None:
        """Look at (n, units) or (n, units, H, W) outputs."""
        if self._rectifies:
            fired = outputs.amax(dim=[dimension for dimension in range(outputs.ndim) if dimension != 1]) != 0
            self._fired = fired if self._fired is None else self._fired | fired
        if self._ends is not None:
            low, high = self._ends
            near = (outputs < low + SATURATED_WITHIN) | (outputs > high - SATURATED_WITHIN)
            self._saturated += int(near.sum())
            self._seen += near.numel()

    @property
    def dead(self) -> float | None:
        """The share of units that were zero throughout; None where units can't die."""
        return None if self._fired is None else 1 - int(self._fired.sum()) / len(self._fired)

    @property
    def saturated(self) -> float | None:
        """The share of outputs within 0.05 of an end; None where there are no ends."""
        return self._saturated / self._seen if self._seen else None
