"""Histograms of oriented gradients."""

import numpy as np
import torch
from torch.nn.functional import avg_pool2d

from sightline.classical.descriptors.gradients import channels_of, strongest_differences
from sightline.classical.descriptors.grid import Grid
from sightline.classical.descriptors.requirements import Shape
from sightline.classical.parts import Descriptor
from sightline.classical.plan import Plan

BLOCK = 2
"""Cells along a side of a block."""
LEAST_NORM = 1e-5
LARGEST = 0.2


class Hog(Descriptor):
    """Histograms of gradient directions in cells, normalised in blocks of 2 x 2 cells.

    Each pixel's gradient, of the channel where it is longest, counts by its length in one of
    `orientations` equal parts of the half turn. Blocks overlap by a cell and are normalised to length
    1, cut off at 0.2 and normalised again ("L2-Hys"). At a scale, cells have round(cell * scale) pixels
    a side; the blocks of all scales stand one after the other, each row by row.

    Args:
        shape: (H, W, C) of the pictures.
        plan: Its `cell`, `scales` and `orientations` are read.

    Raises:
        SettingsError: A block does not fit the pictures.

    Reference:
        Dalal and Triggs, "Histograms of oriented gradients for human detection" (2005).
        https://doi.org/10.1109/CVPR.2005.177
    """

    sines: torch.Tensor
    cosines: torch.Tensor

    def __init__(self, shape: Shape, plan: Plan) -> None:
        super().__init__()
        self.cells = tuple(round(plan.cell * scale) for scale in plan.scales)
        blocks = [Grid(shape, BLOCK * cell, cell, f"hog with cell={cell}") for cell in self.cells]
        self.positions = np.concatenate([grid.positions for grid in blocks])
        self.length = BLOCK * BLOCK * plan.orientations
        borders = torch.arange(plan.orientations, dtype=torch.float64) * torch.pi / plan.orientations
        self.register_buffer("sines", borders.sin().float()[:, None, None], persistent=False)
        self.register_buffer("cosines", borders.cos().float()[:, None, None], persistent=False)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return (N, G, 4 * orientations) from (N, H, W, C) uint8."""
        down, right = strongest_differences(channels_of(pixels))
        votes = self._votes(down, right)
        return torch.cat([_blocks(avg_pool2d(votes, cell)) for cell in self.cells], dim=1)

    def _votes(self, down: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        """Return each gradient's length in the map of its direction, (N, orientations, H, W)."""
        upwards = (down < 0) | ((down == 0) & (right < 0))
        turned = torch.where(upwards, -1.0, 1.0)
        # A gradient has passed a border's direction if it lies to its left: no arc tangent, so that
        # gradients that lie exactly on a border are on the same side everywhere.
        passed = self.cosines * (down * turned)[:, None] >= self.sines * (right * turned)[:, None]
        passed_next = torch.cat((passed[:, 1:], torch.zeros_like(passed[:, :1])), dim=1)
        length = torch.sqrt(down * down + right * right)[:, None]
        return torch.where(passed & ~passed_next, length, 0.0)


def _blocks(cells: torch.Tensor) -> torch.Tensor:
    """Return normalised blocks, (N, G, 4 * orientations), from cells' votes, (N, orientations, rows, columns)."""
    corners = (cells[:, :, :-1, :-1], cells[:, :, :-1, 1:], cells[:, :, 1:, :-1], cells[:, :, 1:, 1:])
    blocks = torch.cat(corners, dim=1).flatten(2).transpose(1, 2)
    cut = _normalised(blocks).clamp(max=LARGEST)
    return _normalised(cut)


def _normalised(blocks: torch.Tensor) -> torch.Tensor:
    # A bound, not a summand: the exporter of torch 2.13 leaves out the addition of so small a number.
    return blocks / torch.sqrt((blocks * blocks).sum(dim=2, keepdim=True)).clamp(min=LEAST_NORM)
