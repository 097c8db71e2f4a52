"""Blur and noise: what lenses and sensors do to fine detail."""

import math

import torch

from sightline.imaging.augmentation.moving import reflected

REACH = 3
"""A Gaussian is cut off at so many deviations."""
SHARP = 1e-3
"""A deviation, in pixels, below which a blur changes nothing."""


def blur(pictures: torch.Tensor, deviations: torch.Tensor) -> torch.Tensor:
    """Blur each picture with a Gaussian of its own, along one side and then the other.

    Args:
        pictures: (N, C, H, W) float32.
        deviations: (N,) float32 on the CPU, in pixels.

    Returns:
        (N, C, H, W) float32; beyond the edges lies the mirrored picture.

    Reference:
        Gonzalez and Woods, "Digital Image Processing", 4th ed. (2018), section 3.5.
    """
    reach = math.ceil(REACH * float(deviations.max()))
    steps = torch.arange(-reach, reach + 1)
    weights = torch.exp(-(steps**2) / (2 * deviations.clamp(min=SHARP)[:, None] ** 2))  # (N, 2 reach + 1)
    weights = (weights / weights.sum(dim=1, keepdim=True)).to(pictures.device)
    for axis in (2, 3):
        pictures = _weighted(pictures, weights, axis)
    return pictures


def _weighted(pictures: torch.Tensor, weights: torch.Tensor, axis: int) -> torch.Tensor:
    """Return the sum of shifted pictures; a loop over the kernel's few taps needs no copy of any picture."""
    side, taps = pictures.shape[axis], weights.shape[1]
    reach = taps // 2
    around = reflected(torch.arange(-reach, side + reach, device=pictures.device), side)
    padded = pictures.index_select(axis, around)
    total = torch.zeros_like(pictures)
    for tap in range(taps):
        total.addcmul_(padded.narrow(axis, tap, side), weights[:, tap].view(-1, 1, 1, 1))
    return total


def add_noise(pictures: torch.Tensor, deviations: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Add noise that is independent in every value.

    Args:
        pictures: (N, C, H, W) float32.
        deviations: (N,) float32, in the pictures' unit.
        generator: On the CPU, so that every device gets the same noise.
    """
    noise = torch.randn(pictures.shape, generator=generator).mul_(deviations.view(-1, 1, 1, 1))
    return noise.to(pictures.device).add_(pictures)
