"""Colour modes of files and colour spaces of models, a stated rule for each.

Every stored mode becomes eight-bit RGB or grey first:

=====================  ==========================================================================================
in the file            rule
=====================  ==========================================================================================
1 bit, 8-bit grey      grey, 0 to 255
16- and 32-bit grey    by the format's range: see `sightline.imaging.deep`. Without one, divided by 257 when its
                       values lie in 0..65,535; else refused
16 bits a channel      the same; without one, and where Pillow reads no more, the upper eight
float grey             by the format's range; without one, times 255 when its values lie in 0..1; else refused
palette                the palette's colours
alpha, transparency    laid over white
CMYK, YCbCr, HSV       converted by Pillow (Adobe's inverted CMYK included)
CIE Lab                refused
with a colour profile  converted to sRGB after that, CMYK before: see `sightline.imaging.colour_profile`
=====================  ==========================================================================================
"""

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image

from sightline.core.errors import PictureError
from sightline.core.pieces import pieces
from sightline.imaging.deep import FULL, DeepRange, eight_bits, is_deep

ColourSpace = Literal["rgb", "grey", "hsv", "cmyk"]
CHANNELS: dict[ColourSpace, int] = {"rgb": 3, "grey": 1, "hsv": 3, "cmyk": 4}

CONVERTED_MODES = ("P", "CMYK", "YCbCr", "HSV")
WHITE = (255, 255, 255, 255)
PIXELS_AT_A_TIME = 2**20


def plain(image: Image.Image, name: str, *, deep: DeepRange = FULL) -> Image.Image:
    """Return the picture in mode ``"RGB"`` or ``"L"``, by the rules at the top of this file.

    Args:
        image: Decoded, in any mode.
        name: What to call it in an error.
        deep: What becomes black and white in a picture of more than eight bits.

    Raises:
        PictureError: There is no rule for these colours or values.
    """
    if is_deep(image.mode):
        return eight_bits(image, name, deep)
    if image.has_transparency_data:
        return _over_white(image)
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


def _over_white(image: Image.Image) -> Image.Image:
    """Lay a picture over white, some rows at a time, so that a large one is not in memory four times over."""
    opaque = Image.new("RGB", image.size)
    for rows in pieces(image.height, max(1, PIXELS_AT_A_TIME // image.width)):
        layer = image.crop((0, rows.start, image.width, rows.stop)).convert("RGBA")
        opaque.paste(Image.alpha_composite(Image.new("RGBA", layer.size, WHITE), layer).convert("RGB"), (0, rows.start))
    return opaque


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
