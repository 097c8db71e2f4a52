"""Uniform local binary patterns."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn.functional import pad

from sightline.classical.descriptors.counting import counts
from sightline.classical.descriptors.gradients import luma
from sightline.classical.descriptors.grid import Grid
from sightline.classical.descriptors.requirements import Shape, require_rgb_or_grey
from sightline.classical.parts import Descriptor
from sightline.classical.plan import Plan

NEIGHBOURS = 8
PATTERNS = NEIGHBOURS * (NEIGHBOURS - 1) + 3
"""59: all dark, 7 lengths of a bright arc in 8 places, all bright, and everything else together."""
DECIMALS = 5
"""To which neighbours' places are rounded, so that those straight above and beside lie on pixels."""


class Lbp(Descriptor):
    """How often each of 59 uniform local binary patterns of luma occurs in a cell.

    A pattern says which of 8 neighbours on a circle are at least as bright as the pixel. It is uniform
    if it changes at most twice around the circle; where its bright arc begins counts too (the variant
    that is not invariant to rotation: it tells the edges of upright pictures apart). All other patterns
    are counted as one. Beyond the border all is black.

    At a scale, the circle's radius is that many pixels and a cell has round(cell * scale) pixels a
    side. Cells do not overlap; those of all scales stand one after the other, each row by row. The
    shares of a cell sum to 1.

    Args:
        shape: (H, W, C) of the pictures; C is 1 or 3.
        plan: Its `cell` and `scales` are read.

    Raises:
        SettingsError: A cell does not fit the pictures, or they are neither RGB nor grey.

    Reference:
        Ojala, Pietikäinen and Mäenpää, "Multiresolution gray-scale and rotation invariant texture
        classification with local binary patterns" (2002). https://doi.org/10.1109/TPAMI.2002.1017623
        Ahonen, Hadid and Pietikäinen, "Face recognition with local binary patterns" (2004).
        https://doi.org/10.1007/978-3-540-24670-1_36
    """

    def __init__(self, shape: Shape, plan: Plan) -> None:
        super().__init__()
        require_rgb_or_grey(shape, "lbp")
        cells = [round(plan.cell * scale) for scale in plan.scales]
        grids = [Grid(shape, cell, cell, f"lbp with cells of {cell} pixels") for cell in cells]
        self.positions = np.concatenate([grid.positions for grid in grids])
        self.length = PATTERNS
        self.patterns = nn.ModuleList(Patterns(shape, scale) for scale in plan.scales)
        self.histograms = nn.ModuleList(_Histograms(grid) for grid in grids)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return (N, G, 59) from (N, H, W, C) uint8."""
        bright = luma(pixels)
        pairs = zip(self.patterns, self.histograms, strict=True)
        return torch.cat([histograms(patterns(bright)) for patterns, histograms in pairs], dim=1)


class Patterns(nn.Module):
    """The number of every pixel's pattern, 0 to 58.

    Between pixels a neighbour is interpolated, and whether it is as bright as the pixel hangs on the
    last bit where the picture is flat. Therefore all is float64, and a place's share of the next pixel
    is what remains of row + offset, rounding included: flat areas look as in scikit-image.

    Args:
        shape: (H, W, C) of the pictures.
        radius: Of the circle, in pixels.
    """

    right_shares: torch.Tensor
    down_shares: torch.Tensor
    numbers: torch.Tensor

    def __init__(self, shape: Shape, radius: float) -> None:
        super().__init__()
        self.shape = shape[:2]
        self.margin = math.ceil(radius)
        angles = 2 * np.pi * np.arange(NEIGHBOURS) / NEIGHBOURS
        self.down = np.round(-radius * np.sin(angles), DECIMALS).tolist()
        self.right = np.round(radius * np.cos(angles), DECIMALS).tolist()
        rows = np.arange(shape[0]) + np.array(self.down)[:, None]
        columns = np.arange(shape[1]) + np.array(self.right)[:, None]
        self.register_buffer("down_shares", torch.from_numpy(rows - np.floor(rows))[:, :, None], persistent=False)
        self.register_buffer("right_shares", torch.from_numpy(columns - np.floor(columns)), persistent=False)
        self.register_buffer("numbers", torch.tensor(_numbers()), persistent=False)

    def forward(self, bright: torch.Tensor) -> torch.Tensor:
        """Return (N, H, W) int64 from (N, H, W) float32."""
        middle = bright.double()
        around = pad(middle, (self.margin,) * 4)
        bits = torch.zeros_like(bright, dtype=torch.int64)
        for number in range(NEIGHBOURS):
            beside = self._between(around, 2, self.right[number], self.right_shares[number])
            neighbour = self._between(beside, 1, self.down[number], self.down_shares[number])
            bits = bits + (neighbour >= middle) * 2**number
        return self.numbers[bits]

    def _between(self, values: torch.Tensor, axis: int, offset: float, shares: torch.Tensor) -> torch.Tensor:
        """Return what stands `offset` pixels further along an axis of (N, H, W)."""
        side = self.shape[axis - 1]
        before = values.narrow(axis, self.margin + math.floor(offset), side)
        if offset.is_integer():
            return before
        after = values.narrow(axis, self.margin + math.ceil(offset), side)
        return (1 - shares) * before + shares * after


class _Histograms(nn.Module):
    """Patterns' numbers (N, H, W) to their shares in every cell, (N, G, 59)."""

    first_bins: torch.Tensor

    def __init__(self, grid: Grid) -> None:
        super().__init__()
        self.cells = len(grid)
        self.area = grid.side**2
        numbers = torch.arange(self.cells).reshape(len(grid.tops), len(grid.lefts))
        first_bins = PATTERNS * numbers.repeat_interleave(grid.side, 0).repeat_interleave(grid.side, 1)
        self.register_buffer("first_bins", first_bins, persistent=False)

    def forward(self, patterns: torch.Tensor) -> torch.Tensor:
        height, width = self.first_bins.shape
        bins = patterns[:, :height, :width] + self.first_bins
        histograms = counts(bins.flatten(1), self.cells * PATTERNS)
        return histograms.reshape(-1, self.cells, PATTERNS) / self.area


def _numbers() -> list[int]:
    """Return the number of each of the 256 patterns; bit 0 is the neighbour to the right, and on anticlockwise.

    A bright arc of n neighbours that begins at neighbour b has the number 1 + 8 (n - 1) + (-b mod 8).
    """
    numbers = [PATTERNS - 1] * 2**NEIGHBOURS
    numbers[0], numbers[-1] = 0, PATTERNS - 2
    for length in range(1, NEIGHBOURS):
        for begin in range(NEIGHBOURS):
            arc = sum(2 ** ((begin + place) % NEIGHBOURS) for place in range(length))
            numbers[arc] = 1 + NEIGHBOURS * (length - 1) + -begin % NEIGHBOURS
    return numbers
