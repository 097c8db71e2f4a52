"""The torch side of an answer: what the graph holds beyond the network."""

import torch
from torch import nn


class Answering(nn.Module):
    """A network whose logits become probabilities.

    Args:
        network: From (N, H, W, C) uint8 to logits.
        factor: Of the logits, see `sightline.evaluation.calibration.Calibration`; 1 leaves them.
    """

    def __init__(self, network: nn.Module, factor: float) -> None:
        super().__init__()
        self.network = network
        self.factor = factor

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return (N, classes) probabilities from (N, H, W, C) uint8."""
        logits: torch.Tensor = self.network(pixels)
        scaled = logits if self.factor == 1 else self.factor * logits
        return scaled.softmax(dim=1)
