"""Small patches of pixels."""

import torch

from sightline.classical.descriptors.grid import Grid
from sightline.classical.descriptors.requirements import Shape
from sightline.classical.parts import Descriptor
from sightline.classical.plan import Plan

LEAST_VARIANCE = 10.0
"""Added to the variance of a patch's numbers, which run from 0 to 255, so that noise is not blown up."""


class Patches(Descriptor):
    """All patches of the grid, each less its mean and over its deviation.

    The variance is the mean of squares. Numbers run through a patch's rows, then its columns, then the
    channels; patches row by row.

    Args:
        shape: (H, W, C) of the pictures.
        plan: Its `patch` and `stride` are read.

    Raises:
        SettingsError: A patch does not fit the pictures.

    Reference:
        Coates, Lee and Ng, "An analysis of single-layer networks in unsupervised feature learning"
        (2011), section 3.1.1. https://proceedings.mlr.press/v15/coates11a.html
    """

    def __init__(self, shape: Shape, plan: Plan) -> None:
        super().__init__()
        self.grid = Grid(shape, plan.patch, plan.stride, f"patches with patch={plan.patch}")
        self.stride = plan.stride
        self.positions = self.grid.positions
        self.length = plan.patch * plan.patch * shape[2]

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return (N, G, patch * patch * C) from (N, H, W, C) uint8."""
        values = pixels.float()
        rows, columns = self.grid.tops[-1] + 1, self.grid.lefts[-1] + 1
        local = torch.cat(
            [
                values[:, top : top + rows : self.stride, left : left + columns : self.stride]
                for top in range(self.grid.side)
                for left in range(self.grid.side)
            ],
            dim=3,
        ).flatten(1, 2)
        centred = local - local.mean(dim=2, keepdim=True)
        variance = (centred * centred).mean(dim=2, keepdim=True)
        return centred / torch.sqrt(variance + LEAST_VARIANCE)
