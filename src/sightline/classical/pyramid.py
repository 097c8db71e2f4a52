"""Spatial pyramids: what is counted in a picture, counted region by region."""

import re
from collections.abc import Callable, Sequence
from functools import reduce
from operator import add

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from sightline.classical.parts import Places
from sightline.core.errors import SettingsError

ROWS, FLOATS = 4096, 2**21
"""Patches of all pictures that are pooled at once, and their numbers (8 MB): fewer of them make products too small to
share among threads, more leave the cache and take memory afresh each time."""
GRAPH_FLOATS = 16 * 2**20
"""64 MB: a graph has all pieces written out, so it has few."""
GRAPH_PICTURES, GRAPH_PATCHES = 256, 512 * 1024
"""What a graph's largest batch has: 256 pictures, or fewer where each has many patches."""
MOST_REGIONS = 16
"""A side of a grid."""
WEIGHTS = ("none", "match")


class Regions(nn.Module):
    """The regions of a picture in each of which local descriptors are pooled.

    Regions of several levels overlap. The patches are cut into the smallest sets that no region divides, each set is
    pooled once, and a region adds up its sets.

    With the weights ``"match"`` the intersection of two pyramids of histograms is the pyramid match kernel: matches
    that are found first at level l of L count 1 / 2^(L - l), so that level 0 weighs 1 / 2^L and a later one
    1 / 2^(L - l + 1). With s, the larger of a level's rows and columns, and S, that of the finest level, both are
    max(2, s) / 2S; so "3x1" weighs as much as "3" does.

    Args:
        positions: (G, 2) row and column of each patch, as shares of height and width.
        pyramid: Levels such as ``"1"``, ``"2"`` for 2 x 2 regions, or ``"3x1"`` for three rows.
        weights: ``"none"`` for equal weights, or ``"match"``.

    Attributes:
        count: R, regions of all levels, each level row by row.
        weights: (R, 1), what a region's histogram is multiplied by.

    Raises:
        SettingsError: A level can't be read, or there are no such weights.

    Reference:
        Lazebnik, Schmid and Ponce, "Beyond bags of features: spatial pyramid matching" (2006), equation 3.
    """

    weights: torch.Tensor
    order: torch.Tensor
    members: torch.Tensor

    def __init__(self, positions: Places, pyramid: Sequence[str], weights: str) -> None:
        super().__init__()
        grids = [_grid(level) for level in pyramid]
        if not grids or weights not in WEIGHTS:
            raise SettingsError(
                f"pyramid = {','.join(pyramid)!r} with pyramid_weights = {weights!r} makes no pyramid",
                hint=f"give one level or more, such as pyramid=1,2 and pyramid_weights={' or '.join(WEIGHTS)}",
            )
        regions = np.concatenate([_regions(positions, rows, columns) for rows, columns in grids])
        members, sets = np.unique(regions, axis=1, return_inverse=True)  # (R, U), (G,)
        self.count = len(regions)
        self._sizes = np.bincount(sets.reshape(-1)).tolist()
        factors = [_weight(grid, grids) if weights == "match" else 1.0 for grid in grids]
        repeated = np.repeat(factors, [rows * columns for rows, columns in grids])
        self.register_buffer("weights", torch.tensor(repeated[:, None], dtype=torch.float32), persistent=False)
        self.register_buffer("members", torch.tensor(members, dtype=torch.float32), persistent=False)
        self.register_buffer("order", torch.tensor(np.argsort(sets.reshape(-1), kind="stable")), persistent=False)

    def forward(
        self, local: torch.Tensor, pooled: Callable[[torch.Tensor], torch.Tensor], *, width: int
    ) -> torch.Tensor:
        """Return the sums of each region, (N, R, ...); a region without patches has zeros.

        Args:
            local: (N, G, D) local descriptors.
            pooled: Makes sums over the patches, (N, ...), of some patches (N, g, D).
            width: Numbers that `pooled` needs for a patch; it is given so few patches at a time that its arrays
                stay small (below 64 MB in a graph).
        """
        if torch.compiler.is_exporting():
            pictures = max(1, min(GRAPH_PICTURES, GRAPH_PATCHES // local.shape[1]))
            return self._sums(local, pooled, most=max(1, GRAPH_FLOATS // (pictures * width)))
        rows = max(1, min(ROWS, FLOATS // width))
        pictures = max(1, rows // max(self._sizes))
        return torch.cat([self._sums(some, pooled, most=rows // pictures) for some in torch.split(local, pictures)])

    def _sums(self, local: torch.Tensor, pooled: Callable[[torch.Tensor], torch.Tensor], *, most: int) -> torch.Tensor:
        """Return the sums of each region over pieces of at most so many patches."""
        ordered = local.index_select(1, self.order) if len(self._sizes) > 1 else local
        sets = torch.split(ordered, self._sizes, dim=1)
        sums = [reduce(add, map(pooled, part.chunk(-(-part.shape[1] // most), dim=1))) for part in sets]
        stacked = torch.stack(sums, dim=1)  # (N, U, ...)
        return (self.members @ stacked.flatten(2)).reshape(-1, self.count, *stacked.shape[2:])


def _grid(level: str) -> tuple[int, int]:
    """Return rows and columns."""
    match = re.fullmatch(r"(\d{1,2})(?:x(\d{1,2}))?", level)
    rows, columns = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not (1 <= rows <= MOST_REGIONS and 1 <= columns <= MOST_REGIONS):
        raise SettingsError(
            f"the level {level!r} of a pyramid can't be read",
            hint=f"write 1 for the whole picture, 2 for 2 x 2 regions, 3x1 for three rows; up to {MOST_REGIONS}",
        )
    return rows, columns


def _regions(positions: Places, rows: int, columns: int) -> npt.NDArray[np.bool_]:
    """Return which patches each region of a grid holds, (rows * columns, G)."""
    row, column = np.floor(positions * (rows, columns)).astype(np.int64).T
    numbers: npt.NDArray[np.int64] = row * columns + column
    return np.equal(np.arange(rows * columns)[:, None], numbers)


def _weight(grid: tuple[int, int], grids: list[tuple[int, int]]) -> float:
    return max(2, *grid) / (2 * max(map(max, grids)))
