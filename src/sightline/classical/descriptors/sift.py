"""Dense upright SIFT, and RootSIFT."""

import math

import numpy as np
import torch

from sightline.classical.descriptors.gradients import inner_differences, luma
from sightline.classical.descriptors.grid import CELLS, Grid, Offsets, sums_in_cells
from sightline.classical.descriptors.requirements import Shape, require_rgb_or_grey
from sightline.classical.parts import Descriptor
from sightline.classical.plan import Plan

DIRECTIONS = 8
WINDOW = CELLS / 2
"""Standard deviation of the Gaussian window, in cells."""
LARGEST = 0.2
LEAST_NORM = 1e-12


class Sift(Descriptor):
    """Gradient directions in 4 x 4 cells around every point of a grid, of luma.

    Each gradient counts by its length and by a Gaussian window around the patch's middle, shared out
    linearly between the two nearest of 8 directions, rows and columns of cells; pixels at the border
    have none. The vector is normalised to length 1, cut off at 0.2 and normalised again; a patch
    without gradient stays zero.
    A patch's side is round(4 * cell * scale) pixels; the patches of all scales stand one after the
    other, each row by row. Numbers run through the cells row by row, then through the directions,
    from rightwards anticlockwise, as in OpenCV.

    Args:
        shape: (H, W, C) of the pictures; C is 1 or 3.
        plan: Its `cell`, `stride` and `scales` are read.

    Raises:
        SettingsError: A patch does not fit the pictures, or they are neither RGB nor grey.

    Reference:
        Lowe, "Distinctive image features from scale-invariant keypoints" (2004), section 6.
        https://doi.org/10.1023/B:VISI.0000029664.99615.94
    """

    centres: torch.Tensor

    def __init__(self, shape: Shape, plan: Plan) -> None:
        super().__init__()
        require_rgb_or_grey(shape, "sift")
        sides = [round(CELLS * plan.cell * scale) for scale in plan.scales]
        grids = [Grid(shape, side, plan.stride, f"sift with patches of {side} pixels") for side in sides]
        self.positions = np.concatenate([grid.positions for grid in grids])
        self.length = CELLS * CELLS * DIRECTIONS
        self.scales = len(grids)
        self.register_buffer("centres", torch.arange(float(DIRECTIONS))[:, None, None], persistent=False)
        for number, grid in enumerate(grids):
            rows = grid.weights(grid.tops, np.arange(1, shape[0] - 1) + 0.5, _windowed_triangle)
            columns = grid.weights(grid.lefts, np.arange(1, shape[1] - 1) + 0.5, _windowed_triangle)
            self.register_buffer(f"rows{number}", rows, persistent=False)
            self.register_buffer(f"columns{number}", columns, persistent=False)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return (N, G, 128) from (N, H, W, C) uint8."""
        votes = self._votes(*inner_differences(luma(pixels)))
        sums = [
            sums_in_cells(self.get_buffer(f"rows{number}"), votes, self.get_buffer(f"columns{number}"))
            for number in range(self.scales)
        ]
        return _normalised(_normalised(torch.cat(sums, dim=1)).clamp(max=LARGEST))

    def _votes(self, down: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        """Return each gradient's length, shared out between the two nearest directions: (N, 8, H - 2, W - 2)."""
        turns = torch.atan2(-down, right) * (DIRECTIONS / (2 * math.pi))  # from -4 to 4
        apart = torch.abs(turns[:, None] - self.centres)  # 0 to 11
        nearer = torch.minimum(apart, torch.abs(apart - DIRECTIONS))
        return torch.relu(1 - nearer) * torch.sqrt(down * down + right * right)[:, None]


class RootSift(Sift):
    """SIFT whose Euclidean distances are Hellinger's: the root of each number's share of their sum.

    Args:
        shape: (H, W, C) of the pictures; C is 1 or 3.
        plan: Its `cell`, `stride` and `scales` are read.

    Raises:
        SettingsError: A patch does not fit the pictures, or they are neither RGB nor grey.

    Reference:
        Arandjelovic and Zisserman, "Three things everyone should know to improve object retrieval"
        (2012), section 3. https://doi.org/10.1109/CVPR.2012.6248018
    """

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return (N, G, 128) from (N, H, W, C) uint8."""
        local = super().forward(pixels)
        return torch.sqrt(local / local.sum(dim=2, keepdim=True).clamp(min=LEAST_NORM))


def _windowed_triangle(offsets: Offsets, middles: Offsets) -> Offsets:
    windowed: Offsets = np.maximum(0.0, 1 - np.abs(offsets - middles)) * np.exp(-(offsets**2) / (2 * WINDOW**2))
    return windowed


def _normalised(local: torch.Tensor) -> torch.Tensor:
    return local / torch.sqrt((local * local).sum(dim=2, keepdim=True)).clamp(min=LEAST_NORM)
