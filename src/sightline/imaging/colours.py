"""Colour modes of files and colour spaces of models, a stated rule for each.

Every stored mode becomes eight-bit RGB or grey first:

=====================  ==========================================================================
in the file            rule
=====================  ==========================================================================
1 bit, 8-bit grey      grey, 0 to 255
16-bit grey            divided by 257, so that 65,535 becomes 255
32-bit integer grey    as 16-bit when its values lie in 0..65,535; else refused
float grey             times 255 when its values lie in 0..1; else refused
palette                the palette's colours
alpha, transparency    laid over white
CMYK, YCbCr, HSV       converted by Pillow (Adobe's inverted CMYK included)
CIE Lab                refused
=====================  ==========================================================================
"""

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image

from sightline.core.errors import PictureError

ColourSpace = Literal["rgb", "grey", "hsv", "cmyk"]
CHANNELS: dict[ColourSpace, int] = {"rgb": 3, "grey": 1, "hsv": 3, "cmyk": 4}

CONVERTED_MODES = ("P", "CMYK", "YCbCr", "HSV")
MAX_16_BIT = 65_535
WHITE = (255, 255, 255, 255)


def plain(image: Image.Image, name: str) -> Image.Image:
    """Return the picture in mode ``"RGB"`` or ``"L"``, by the rules at the top of this file.

    Raises:
        PictureError: There is no rule for these colours or values.
    """
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image, name)
    if image.has_transparency_data:
        opaque = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", opaque.size, WHITE), opaque).convert("RGB")
    if image.mode in ("RGB", "L"):
        return image
    if image.mode == "1":
        return image.convert("L")
    if image.mode in CONVERTED_MODES:
        return image.convert("RGB")
    raise PictureError(
        f"{name} has colours in mode {image.mode}, for which there is no rule",
        hint="save it as RGB",
    )


def _eight_bits(image: Image.Image, name: str) -> Image.Image:
    values = np.asarray(image)
    low, high = values.min(), values.max()
    if image.mode == "F" and low >= 0 and high <= 1:
        return Image.fromarray(np.rint(values * 255).astype(np.uint8))
    if image.mode != "F" and low >= 0 and high <= MAX_16_BIT:
        return Image.fromarray(((values.astype(np.uint32) + 128) // 257).astype(np.uint8))
    expected = "0 to 1" if image.mode == "F" else f"0 to {MAX_16_BIT}"
    raise PictureError(
        f"{name} holds values from {low} to {high} in mode {image.mode}; expected {expected}",
        hint="say what is white by saving it with 8 or 16 bits",
    )


def in_colour_space(image: Image.Image, colours: ColourSpace) -> npt.NDArray[np.uint8]:
    """Return the pixels of an RGB or grey picture in a model's colour space.

    Args:
        image: Mode ``"RGB"`` or ``"L"``.
        colours: ``"rgb"``; ``"grey"`` (luma, ITU-R BT.601); ``"hsv"`` (hue 0..255 for the full
            circle); ``"cmyk"`` (naive, black as large as it can be: no ink profile).

    Returns:
        (H, W, C) uint8 in 0..255.
    """
    if colours == "grey":
        return np.array(image.convert("L"))[:, :, None]
    if colours == "hsv":
        return np.array(image.convert("RGB").convert("HSV"))
    rgb = np.array(image if image.mode == "RGB" else image.convert("RGB"))
    return rgb if colours == "rgb" else _cmyk(rgb)


def _cmyk(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return cyan, magenta, yellow and black, 255 for full ink.

    Reference:
        Gonzalez and Woods, "Digital Image Processing", 4th ed. (2018), section 6.2:
        K = 1 - max(R, G, B) and C = (1 - R - K) / (1 - K); without light C = M = Y = 0.
    """
    light = rgb.max(axis=2, keepdims=True).astype(np.float32)
    ink = np.rint(255 * (light - rgb) / np.maximum(light, 1)).astype(np.uint8)
    return np.concatenate([ink, (255 - light).astype(np.uint8)], axis=2)


def colour_spaces() -> tuple[ColourSpace, ...]:
    """Return the names of the colour spaces."""
    return get_args(ColourSpace)
