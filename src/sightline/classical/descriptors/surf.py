"""Dense upright SURF."""

from functools import partial

import numpy as np
import torch
from torch.nn.functional import pad

from sightline.classical.descriptors.gradients import luma
from sightline.classical.descriptors.grid import CELLS, Grid, Offsets, sums_in_cells
from sightline.classical.descriptors.requirements import Shape, require_rgb_or_grey
from sightline.classical.parts import Descriptor
from sightline.classical.plan import Plan

SAMPLES = 20
"""A patch's side in the paper's unit, its scale; a wavelet has twice that unit."""
WINDOW = 3.3 / SAMPLES * CELLS
"""Standard deviation of the Gaussian window, in cells."""
LEAST_NORM = 1e-12


class Surf(Descriptor):
    """Sums of Haar wavelets' responses in 4 x 4 cells around every point of a grid, of luma.

    A wavelet is a square of 2 s pixels a side, one half of which is taken off the other; s is a
    twentieth of the patch's side, rounded, and at least 1. Its responses are worked out from an
    integral image around every corner where four pixels meet, the border's pixels going on beyond the
    border. A cell sums them, weighed by a Gaussian window around the patch's middle; corners on the
    line between two cells count half in each. The vector is normalised to length 1; a patch without
    gradient stays zero.

    A patch's side is round(4 * cell * scale) pixels; the patches of all scales stand one after the
    other, each row by row. Numbers run through the cells row by row; each has the sums of responses
    to the right and downwards (positive where it gets brighter), and the sums of their sizes.

    Args:
        shape: (H, W, C) of the pictures; C is 1 or 3.
        plan: Its `cell`, `stride` and `scales` are read.

    Raises:
        SettingsError: A patch does not fit the pictures, or they are neither RGB nor grey.

    Reference:
        Bay, Ess, Tuytelaars and Van Gool, "Speeded-up robust features (SURF)" (2008), section 4.2.
        https://doi.org/10.1016/j.cviu.2007.09.014
    """

    def __init__(self, shape: Shape, plan: Plan) -> None:
        super().__init__()
        require_rgb_or_grey(shape, "surf")
        sides = [round(CELLS * plan.cell * scale) for scale in plan.scales]
        grids = [Grid(shape, side, plan.stride, f"surf with patches of {side} pixels") for side in sides]
        self.positions = np.concatenate([grid.positions for grid in grids])
        self.length = CELLS * CELLS * 4
        self.reaches = [max(1, round(side / SAMPLES)) for side in sides]
        for number, grid in enumerate(grids):
            box = partial(_windowed_box, pixel=CELLS / grid.side)
            rows = grid.weights(grid.tops, np.arange(shape[0] + 1.0), box)
            columns = grid.weights(grid.lefts, np.arange(shape[1] + 1.0), box)
            self.register_buffer(f"rows{number}", rows, persistent=False)
            self.register_buffer(f"columns{number}", columns, persistent=False)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return (N, G, 64) from (N, H, W, C) uint8."""
        bright = luma(pixels)
        local = torch.cat([self._sums(bright, number) for number in range(len(self.reaches))], dim=1)
        return local / torch.sqrt((local * local).sum(dim=2, keepdim=True)).clamp(min=LEAST_NORM)

    def _sums(self, bright: torch.Tensor, number: int) -> torch.Tensor:
        """Return the plain sums of the patches of one scale, (N, G, 64)."""
        right, down = responses(bright, self.reaches[number])
        maps = torch.stack((right, down, right.abs(), down.abs()), dim=1)
        return sums_in_cells(self.get_buffer(f"rows{number}"), maps, self.get_buffer(f"columns{number}"))


def responses(bright: torch.Tensor, reach: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return Haar wavelets' responses around every corner of pixels.

    Args:
        bright: (N, H, W) float32, whole numbers from 0 to 255.
        reach: Half the wavelets' side, in pixels.

    Returns:
        Two of (N, H + 1, W + 1) float32: how much brighter the right half is than the left one, and the
        lower than the upper.
    """
    around = pad(bright, (reach,) * 4, mode="replicate").long()  # whole numbers: large pictures' sums stay exact
    integral = pad(around.cumsum(1).cumsum(2), (1, 0, 1, 0))  # (N, H + 2 reach + 1, W + 2 reach + 1)
    high = integral[:, 2 * reach :] - integral[:, : -2 * reach]
    wide = integral[:, :, 2 * reach :] - integral[:, :, : -2 * reach]
    right = high[:, :, 2 * reach :] - 2 * high[:, :, reach:-reach] + high[:, :, : -2 * reach]
    down = wide[:, 2 * reach :] - 2 * wide[:, reach:-reach] + wide[:, : -2 * reach]
    return right.float(), down.float()


def _windowed_box(offsets: Offsets, middles: Offsets, *, pixel: float) -> Offsets:
    """Return how much of a pixel's width around a sample lies in a cell, times the window."""
    overlap = np.clip((0.5 - np.abs(offsets - middles)) / pixel + 0.5, 0.0, 1.0)
    windowed: Offsets = overlap * np.exp(-(offsets**2) / (2 * WINDOW**2))
    return windowed
