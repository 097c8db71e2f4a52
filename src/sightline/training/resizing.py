"""Progressive resizing: a network sees small pictures first, and those of full size at the end.

A network whose last map is pooled to one place takes pictures of any size, and early in a training, where its filters
are still coarse, small ones teach it about as much for a fraction of the work.
"""

import torch
from torch.nn.functional import interpolate

FULL_FROM = 0.7
"""Share of a training after which pictures have their full size."""
MULTIPLE = 4
"""Sides are multiples of so many pixels: each new size costs some set-up."""


def scale_at(progress: float, start: float) -> float:
    """Return the share of their sides that pictures have so far on in a training.

    It grows evenly to 1 at seven tenths of the way.

    Args:
        progress: How far the training is, in [0, 1].
        start: The share at the beginning, in (0, 1]; 1 for full size all the way.

    Reference:
        Howard, in "Training Imagenet in 3 hours for $25; and CIFAR10 for $0.26" (2018), progressive
        resizing. https://www.fast.ai/posts/2018-04-30-dawnbench-fastai.html

    Example:
        >>> [scale_at(progress, 0.5) for progress in (0.0, 0.35, 0.7, 1.0)]
        [0.5, 0.75, 1.0, 1.0]
    """
    return min(1.0, start + (1 - start) * progress / FULL_FROM)


def resized_shape(shape: tuple[int, int], scale: float) -> tuple[int, int]:
    """Return the height and width of `resized` pictures.

    Example:
        >>> resized_shape((32, 48), 0.6)
        (20, 32)
    """
    height, width = (min(side, -(-int(side * scale + 0.5) // MULTIPLE) * MULTIPLE) for side in shape)
    return height, width


def resized(pixels: torch.Tensor, scale: float) -> torch.Tensor:
    """Return pictures with shorter sides: the next multiple of four pixels to this share of their own.

    Args:
        pixels: (n, H, W, C) uint8; of any shape where the scale is 1.
        scale: Share of their sides, in (0, 1].

    Returns:
        (n, h, w, C) uint8; the same tensor where nothing is shorter.

    Example:
        >>> resized(torch.zeros(2, 32, 48, 3, dtype=torch.uint8), 0.5).shape
        torch.Size([2, 16, 24, 3])
    """
    if scale == 1:
        return pixels
    shape = resized_shape((pixels.shape[1], pixels.shape[2]), scale)
    if shape == pixels.shape[1:3]:
        return pixels
    smaller = interpolate(pixels.permute(0, 3, 1, 2), size=shape, mode="bilinear", antialias=True)
    return smaller.permute(0, 2, 3, 1).contiguous()
