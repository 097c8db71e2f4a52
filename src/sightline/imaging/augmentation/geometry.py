"""Shift, rotation and zoom in one resampling."""

import torch
from torch.nn.functional import affine_grid, grid_sample


def warp(pictures: torch.Tensor, *, shifts: torch.Tensor, angles: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    """Zoom and turn pictures about their middle, then shift them; what comes in is the mirrored picture.

    The three are one affine map, so that a picture is resampled, and softened, once.

    Args:
        pictures: (N, C, H, W) float32.
        shifts: (N, 2) float32, to the right and down, in shares of width and height.
        angles: (N,) float32, counter-clockwise, in radians.
        factors: (N,) float32, above 1 enlarges.

    Returns:
        (N, C, H, W) float32, interpolated bilinearly.

    Reference:
        Jaderberg, Simonyan, Zisserman and Kavukcuoglu, "Spatial transformer networks" (2015),
        section 3.2. https://arxiv.org/abs/1506.02025
    """
    height, width = pictures.shape[2:]
    cosine, sine = angles.cos() / factors, angles.sin() / factors
    # Coordinates run from -1 to 1 along both sides, so a turn of a picture that is no square needs its proportions.
    inverse = torch.stack([cosine, -sine * height / width, sine * width / height, cosine], dim=1).view(-1, 2, 2)
    origin = -inverse @ (2 * shifts[:, :, None])  # (N, 2, 1)
    maps = torch.cat([inverse, origin], dim=2).to(pictures.device)  # (N, 2, 3), from new places to old ones
    grid = affine_grid(maps, list(pictures.shape), align_corners=False)
    return grid_sample(pictures, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
