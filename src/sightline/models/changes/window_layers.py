"""Layers over windows that torch does not have."""

import torch
from torch import nn
from torch.nn.functional import pad

Sides = int | tuple[int, int]


class MinPool2d(nn.MaxPool2d):
    """The smallest value of each window: ``-maxpool(-x)``, so that padding counts as plus infinity."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Return the minima.

        Args:
            maps: (N, C, H, W) float32.
        """
        smallest: torch.Tensor = -super().forward(-maps)
        return smallest


class StridedConvolution(nn.Conv2d):
    """A convolution in place of a pool: it has the pool's kernel, stride and padding, and its output size.

    Of the two readings in the paper's section 2, this is the second: the pool becomes a convolution
    of its own, and the convolution before it stays as it is. Unlike there, no activation follows,
    because in our networks an activation stands before every pool and none after.

    Args:
        channels: C, the number of maps in and out.
        kernel_size: The window's sides, in pixels.
        stride: Pixels from one window to the next.
        padding: Rows and columns of zeros at each border.
        ceil_mode: Whether a last window may hang over the border, as in a pool of that mode.

    Reference:
        Springenberg, Dosovitskiy, Brox and Riedmiller, "Striving for simplicity: the all
        convolutional net" (2014), section 2. https://arxiv.org/abs/1412.6806
    """

    def __init__(self, channels: int, kernel_size: Sides, stride: Sides, padding: Sides, *, ceil_mode: bool) -> None:
        super().__init__(channels, channels, kernel_size, stride, padding)
        self.ceil_mode = ceil_mode

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Return the maps made smaller.

        Args:
            maps: (N, C, H, W) float32.
        """
        if self.ceil_mode:
            maps = pad(maps, (0, self._overhang(maps, 1), 0, self._overhang(maps, 0)))
        return super().forward(maps)

    def _overhang(self, maps: torch.Tensor, axis: int) -> int:
        """Return by how many pixels the last window hangs over; a window of padding alone is dropped."""
        kernel, stride, padding = self.kernel_size[axis], self.stride[axis], int(self.padding[axis])
        missing = -(maps.shape[2 + axis] + 2 * padding - kernel) % stride
        return missing if missing < kernel - padding else 0
