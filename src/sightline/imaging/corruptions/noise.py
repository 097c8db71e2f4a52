"""Noise, each value by itself."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def gaussian(picture: Floats, deviation: float, generator: np.random.Generator) -> Floats:
    """Add normal noise.

    Args:
        picture: (H, W, C) in 0 to 1.
        deviation: Of the noise, in the picture's unit.
        generator: Draws the noise of each value.
    """
    return picture + generator.normal(0, deviation, picture.shape)


def shot(picture: Floats, photons: float, generator: np.random.Generator) -> Floats:
    """Count photons: each value is drawn from a Poisson distribution.

    Args:
        picture: (H, W, C) in 0 to 1.
        photons: How many make white, in the mean.
        generator: Draws the number of each value.
    """
    return generator.poisson(picture * photons) / photons


def impulse(picture: Floats, share: float, generator: np.random.Generator) -> Floats:
    """Make a share of the values black or white, half of them each.

    Args:
        picture: (H, W, C) in 0 to 1.
        share: Of the values, 0 to 1.
        generator: Draws which ones they are.
    """
    drawn = generator.random(picture.shape)
    return np.where(drawn < share / 2, 0.0, np.where(drawn < share, 1.0, picture))
