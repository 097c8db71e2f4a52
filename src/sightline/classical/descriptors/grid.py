"""Square patches on a dense grid, and the static matrices that sum over their cells."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch

from sightline.classical.descriptors.requirements import Shape, require_size
from sightline.classical.parts import Places

CELLS = 4
"""Cells along a side of a SIFT or SURF patch."""

Offsets = npt.NDArray[np.floating]


class Grid:
    """Where the patches of one size lie: the first in the upper left corner, none beyond the border.

    Args:
        shape: (H, W, C) of the pictures.
        side: Of a patch, in pixels.
        stride: From one patch to the next, 1 or more pixels.
        name: The descriptor and its sizes, for the error.

    Attributes:
        side: Of a patch, in pixels.
        tops: (rows,) first row of the patches.
        lefts: (columns,) first column of the patches.
        positions: (rows * columns, 2) middles of the patches as shares of height and width, row by row.

    Raises:
        SettingsError: Not even one patch fits the pictures.
    """

    def __init__(self, shape: Shape, side: int, stride: int, name: str) -> None:
        require_size(shape, side, name)
        height, width, _ = shape
        self.side = side
        self.tops = np.arange(0, height - side + 1, stride)
        self.lefts = np.arange(0, width - side + 1, stride)
        middles = np.meshgrid((self.tops + side / 2) / height, (self.lefts + side / 2) / width, indexing="ij")
        self.positions: Places = np.stack(middles, axis=-1).reshape(-1, 2)

    def __len__(self) -> int:
        """Return the number of patches, G."""
        return len(self.positions)

    def weights(
        self, starts: npt.NDArray[np.int64], samples: Offsets, weigh: Callable[[Offsets, Offsets], Offsets]
    ) -> torch.Tensor:
        """Return what each sample along one axis adds to each cell of each patch.

        Args:
            starts: (patches,) `tops` for rows or `lefts` for columns, in pixels.
            samples: (S,) where the samples lie, in pixels from the border.
            weigh: The weight of a sample, from its offset from the patch's middle and the offsets of
                the cells' middles, both in cells.

        Returns:
            (patches * 4, S) float32.
        """
        offsets = (samples - starts[:, None, None] - self.side / 2) * CELLS / self.side
        middles = (np.arange(CELLS) - (CELLS - 1) / 2)[:, None]
        weights = weigh(offsets, middles)  # (patches, 4, S)
        return torch.from_numpy(weights.reshape(-1, len(samples)).astype(np.float32))


def sums_in_cells(rows: torch.Tensor, maps: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """Return the weighted sum of every map over every cell of every patch.

    Weights of a sample that are a product, one factor by its row and one by its column, make the sums
    over all overlapping patches two products with matrices.

    Args:
        rows: (4 * patch rows, H) from `Grid.weights`.
        maps: (N, M, H, W) float32, summed singly.
        columns: (4 * patch columns, W) from `Grid.weights`.

    Returns:
        (N, G, 16 M): for each cell, row by row, its M sums.
    """
    sums = rows @ maps @ columns.T
    patches = (len(rows) // CELLS, CELLS, len(columns) // CELLS, CELLS)
    cells = sums.reshape(*maps.shape[:2], *patches)
    return cells.permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2)
