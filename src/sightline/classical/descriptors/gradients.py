"""Luma, and differences between the neighbours of a pixel."""

import torch
from torch.nn.functional import pad

LUMA = (19595.0, 38470.0, 7471.0)
"""Shares of red, green and blue, in 65,536ths."""
UNIT = 65536.0


def channels_of(pixels: torch.Tensor) -> torch.Tensor:
    """Return (N, C, H, W) float32, 0 to 255, from (N, H, W, C) uint8."""
    return pixels.permute(0, 3, 1, 2).contiguous().float()


def luma(pixels: torch.Tensor) -> torch.Tensor:
    """Return how bright pixels are, as Pillow's mode L has it: rounded to whole numbers.

    All sums stay below 2^24, so that float32 holds them exactly.

    Args:
        pixels: (N, H, W, C) uint8; C is 1 or 3.

    Returns:
        (N, H, W) float32, 0 to 255.

    Reference:
        ITU-R, Recommendation BT.601: 0.299 R + 0.587 G + 0.114 B.
    """
    channels = channels_of(pixels)
    if channels.shape[1] == 1:
        return channels[:, 0]
    red, green, blue = (channels[:, number] * share for number, share in enumerate(LUMA))
    return torch.floor((red + green + blue + UNIT / 2) / UNIT)


def differences(values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what the next value has more than the one before, downwards and to the right.

    Args:
        values: (..., H, W), of any kind of number.

    Returns:
        Two of (..., H, W); 0 where a neighbour is missing.
    """
    down = pad(values[..., 2:, :] - values[..., :-2, :], (0, 0, 1, 1))
    right = pad(values[..., 2:] - values[..., :-2], (1, 1))
    return down, right


def inner_differences(values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the `differences` without the pixels at the border: two of (..., H - 2, W - 2)."""
    down = values[..., 2:, 1:-1] - values[..., :-2, 1:-1]
    right = values[..., 1:-1, 2:] - values[..., 1:-1, :-2]
    return down, right


def strongest_differences(channels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the `differences` of each pixel's channel whose gradient is longest, the first of equals.

    Args:
        channels: (N, C, H, W) float32, 0 to 255.

    Returns:
        Two of (N, H, W).
    """
    down, right = differences(channels)
    squares = down * down + right * right
    best, best_down, best_right = squares[:, 0], down[:, 0], right[:, 0]
    for number in range(1, channels.shape[1]):
        longer = squares[:, number] > best
        best = torch.where(longer, squares[:, number], best)
        best_down = torch.where(longer, down[:, number], best_down)
        best_right = torch.where(longer, right[:, number], best_right)
    return best_down, best_right
