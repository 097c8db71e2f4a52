"""What the parts of a pipeline have in common.

    pixels -> Descriptor -> Projection -> Encoder -> kernel map -> Standardise -> classifier -> scores

Every part is a torch module, so that a fitted pipeline becomes an ONNX graph as a network does. What is
fitted stands in buffers; nothing is learnt by gradients through more than one part.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.float64]


class Descriptor(nn.Module):
    """Pictures to local descriptors.

    Attributes:
        positions: (G, 2) where the middle of each patch lies: row and column as shares of height and
            width, above 0 and below 1. A descriptor of the whole picture has one, (0.5, 0.5).
        length: D, numbers a patch.
    """

    positions: Places
    length: int

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return (N, G, D) float32, finite for every picture, from (N, H, W, C) uint8; C is 1 or 3."""
        raise NotImplementedError


class Encoder(nn.Module):
    """Local descriptors to one vector a picture.

    Attributes:
        length: F, numbers a picture; known before it is fitted.
    """

    length: int

    def fit(self, sample: Floats, *, seed: int) -> str:
        """Fit the vocabulary; the same sample and seed give the same bits.

        Args:
            sample: (M, D) local descriptors of training pictures.
            seed: Of all random draws.

        Returns:
            A sentence on what had to be done differently than asked, or ``""``.
        """
        raise NotImplementedError

    def forward(self, local: torch.Tensor) -> torch.Tensor:
        """Return (N, F) float32, finite, from (N, G, D) float32."""
        raise NotImplementedError


def empty() -> torch.Tensor:
    """Return the place of an array that is yet to be fitted."""
    return torch.empty(0)


def is_flat(local: torch.Tensor) -> torch.Tensor:
    """Return (N, G, 1) bool, whether a local descriptor is all zeros: its patch has no gradient."""
    return local.abs().sum(dim=2, keepdim=True) == 0  # several times as fast as amax() or any()
