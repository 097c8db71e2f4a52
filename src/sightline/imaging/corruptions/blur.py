"""Blur: every pixel becomes a mean of its neighbours."""

import numpy as np
import numpy.typing as npt
from PIL import Image

Floats = npt.NDArray[np.float64]

REACH = 3
"""A Gaussian is cut off at so many deviations."""
FRAMES = 11
"""Of a camera that comes nearer."""
FINE = 5
"""Places a pixel's side is cut into where a kernel is worked out."""


def gaussian(picture: Floats, share: float, _: np.random.Generator) -> Floats:
    """Blur with a Gaussian.

    Args:
        picture: (H, W, C) in 0 to 1.
        share: Its deviation, as a share of the shorter side.
    """
    deviation = share * min(picture.shape[:2])
    places = np.arange(-_reach(REACH * deviation), _reach(REACH * deviation) + 1)
    line = np.exp(-(places**2) / (2 * deviation**2))
    return convolved(picture, np.outer(line, line))


def defocus(picture: Floats, share: float, _: np.random.Generator) -> Floats:
    """Blur with a disc.

    Args:
        picture: (H, W, C) in 0 to 1.
        share: Its radius, as a share of the shorter side.
    """
    radius = share * min(picture.shape[:2])
    down, across = _fine_places(_reach(radius))
    return convolved(picture, _coarse(down**2 + across**2 <= radius**2))


def motion(picture: Floats, share: float, generator: np.random.Generator) -> Floats:
    """Blur along a line of any direction, one pixel wide.

    Args:
        picture: (H, W, C) in 0 to 1.
        share: The line's length, as a share of the shorter side.
        generator: Draws the direction of the line.
    """
    half, angle = share * min(picture.shape[:2]) / 2, generator.uniform(0, np.pi)
    down, across = _fine_places(_reach(half))
    along = across * np.cos(angle) + down * np.sin(angle)
    aside = across * np.sin(angle) - down * np.cos(angle)
    return convolved(picture, _coarse((np.abs(along) <= max(half, 0.5)) & (np.abs(aside) <= 0.5)))  # noqa: PLR2004


def zoom(picture: Floats, nearest: float, _: np.random.Generator) -> Floats:
    """Return the mean of eleven frames, from the picture itself to one that is so many times as near.

    Args:
        picture: (H, W, C) in 0 to 1.
        nearest: How many times as large the last frame is, above 1.
    """
    frames = [_nearer(picture, times) for times in np.linspace(1, nearest, FRAMES)]
    mean: Floats = np.mean(frames, axis=0)
    return mean


def convolved(picture: Floats, kernel: npt.NDArray[np.float64]) -> Floats:
    """Return the mean of each pixel's neighbours; beyond the edges lies the mirrored picture.

    Args:
        picture: (H, W, C), of any size.
        kernel: (k, k) weights of 0 or more with an odd k; they are made to sum to 1.
    """
    height, width = picture.shape[:2]
    reach = len(kernel) // 2
    padded = np.pad(picture, ((reach, reach), (reach, reach), (0, 0)), mode="symmetric")
    shape = padded.shape[:2]
    spectrum = np.fft.rfft2(padded, axes=(0, 1)) * np.fft.rfft2(kernel / kernel.sum(), s=shape)[:, :, None]
    whole = np.fft.irfft2(spectrum, s=shape, axes=(0, 1))
    return np.asarray(whole[2 * reach : 2 * reach + height, 2 * reach : 2 * reach + width])


def _reach(length: float) -> int:
    return int(np.ceil(length)) + 1


def _fine_places(reach: int) -> tuple[Floats, Floats]:
    """Return rows (s, 1) and columns (1, s) of places within pixels, in pixels from the middle."""
    side = FINE * (2 * reach + 1)
    line = (np.arange(side) - (side - 1) / 2) / FINE
    return line[:, None], line[None, :]


def _coarse(inside: npt.NDArray[np.bool_]) -> Floats:
    """Return the share of each pixel that lies inside."""
    side = len(inside) // FINE
    return np.asarray(inside.reshape(side, FINE, side, FINE).mean(axis=(1, 3)))


def _nearer(picture: Floats, times: float) -> Floats:
    height, width, channels = picture.shape
    across, down = width / times, height / times
    left, top = (width - across) / 2, (height - down) / 2
    planes = [
        Image.fromarray(picture[:, :, channel].astype(np.float32)).resize(
            (width, height), Image.Resampling.BILINEAR, box=(left, top, left + across, top + down)
        )
        for channel in range(channels)
    ]
    return np.stack([np.asarray(plane, dtype=np.float64) for plane in planes], axis=2)
