"""What a network's layers make of an input; nothing is computed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.models.summary import LayerSummary


@dataclass(frozen=True)
class NetworkSummary:
    """A network from the input to the logits.

    Args:
        shape: (H, W, C) of the input.
        layers: In the order in which a picture passes them.
        remark: What the network changes for small inputs; ``""`` if nothing.
    """

    shape: tuple[int, int, int]
    layers: "tuple[LayerSummary, ...]"
    remark: str

    def __repr__(self) -> str:
        """Return the input's shape, and how many layers and parameters there are, in one line."""
        shape = "x".join(map(str, self.shape))
        return f"<NetworkSummary {shape}: {len(self.layers)} layers, {self.parameters:,} parameters>"

    @property
    def parameters(self) -> int:
        """How many numbers are learnt, without those of auxiliary heads."""
        return sum(layer.parameters for layer in self.layers if not layer.auxiliary)

    @property
    def auxiliary_parameters(self) -> int:
        """How many more numbers auxiliary heads learn, which only a training uses."""
        return sum(layer.parameters for layer in self.layers if layer.auxiliary)

    @property
    def multiply_adds(self) -> int:
        """How many multiplications with an addition one answer takes, in convolutions and dense layers."""
        return sum(layer.multiply_adds for layer in self.layers if not layer.auxiliary)
