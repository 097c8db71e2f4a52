"""How sharp a picture is: how much of its gradients is left in their differences, whatever its contrast.

Noise has much of it, a picture out of focus or shaken little. It is measured at some 64 to 127 pixels, as `check`
decodes a photo, so a blur shows that spreads a point over a hundredth of the picture or more.

Reference:
    Pertuz, Puig and Garcia, "Analysis of Focus Measure Operators for Shape-from-Focus" (2013), for the energies of the
    Laplacian and of the gradient. https://doi.org/10.1016/j.patcog.2012.11.011
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from sightline.core.pieces import pieces
from sightline.imaging.photo import Pixels
from sightline.imaging.thumbnail import SIDE

MEASURED_SIDE = 2 * SIDE
"""A picture of more than twice so many pixels in its shorter side is reduced before."""
UNKNOWN = 0.0
LEAST_GRADIENT = 1e-3
ROWS_A_TIME = 128
"""So few that their numbers stay near the processor."""


def sharpness(image: Image.Image) -> float:
    """Return how sharp a picture is; 0 where a thumbnail shows all of it, so that it can be asked.

    Args:
        image: Upright, in mode ``"RGB"`` or ``"L"``, of any size.
    """
    if min(image.size) <= SIDE:
        return UNKNOWN
    grey = image.convert("L")
    factor = min(image.size) // MEASURED_SIDE
    return float(sharpnesses(np.asarray(grey.reduce(factor) if factor > 1 else grey)[None])[0])


def sharpnesses(pictures: Pixels) -> npt.NDArray[np.float64]:
    """Return the root mean square of the Laplacian over that of the gradient, (N,): 0 to some 3.

    Args:
        pictures: (N, H, W) uint8, of 3 pixels or more across and down.
    """
    ratios = np.empty(len(pictures))
    for piece in pieces(len(pictures), ROWS_A_TIME):
        grey = pictures[piece].astype(np.float32)
        down, across = np.diff(grey, axis=1), np.diff(grey, axis=2)
        bends = np.diff(down, axis=1)[:, :, 1:-1] + np.diff(across, axis=2)[:, 1:-1]
        gradient = np.sqrt((down**2).mean(axis=(1, 2)) + (across**2).mean(axis=(1, 2)))
        ratios[piece] = np.sqrt((bends**2).mean(axis=(1, 2))) / np.maximum(gradient, LEAST_GRADIENT)
    return ratios
