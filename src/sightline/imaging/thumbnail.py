"""A small grey version of a picture: what near copies are told by, and how dark, flat or framed a picture is."""

import numpy as np
from PIL import Image

from sightline.imaging.photo import Pixels

SIDE = 32
"""Pixels down and across, whatever proportions the picture has: 1 kB a picture, and CIFAR-10's own size."""


def thumbnail(image: Image.Image) -> Pixels:
    """Return a picture's grey version, (32, 32) uint8.

    Args:
        image: Upright, in mode ``"RGB"`` or ``"L"``, of any size.
    """
    grey = image.convert("L")
    if grey.size != (SIDE, SIDE):
        grey = grey.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(grey)
