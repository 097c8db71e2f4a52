"""Colours of 16 bits a channel: all of them, though Pillow has no mode that holds more than eight.

Pillow reads the upper or the lower byte of every sample, by the order of bytes that it is told. Asked twice, once with
the wrong order, it gives both.
"""

import io
import sys
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from sightline.imaging.deep import CUT, DEEP, DeepRange, Shades, in_eight_bits, shades_in, stored_as

Values = npt.NDArray[np.uint16]
_LITTLE = sys.byteorder == "little"


class Twin(NamedTuple):
    """How Pillow is made to give the lower bytes of a kind of samples.

    Args:
        mode: What the picture is, without its depth.
        other: Pillow's name for the same samples in the other order of bytes.
        is_paired: Whether that gives upper and lower bytes in turn, rather than the lower ones.
    """

    mode: str
    other: str
    is_paired: bool = False


TWINS = {
    "RGB;16B": Twin("RGB", "RGB;16L"),
    "RGB;16L": Twin("RGB", "RGB;16B"),
    "RGB;16N": Twin("RGB", "RGB;16B" if _LITTLE else "RGB;16L"),
    "RGBX;16B": Twin("RGB", "RGBX;16L"),
    "RGBX;16L": Twin("RGB", "RGBX;16B"),
    "RGBX;16N": Twin("RGB", "RGBX;16B" if _LITTLE else "RGBX;16L"),
    "RGBA;16B": Twin("RGBA", "RGBA;16L"),
    "RGBA;16L": Twin("RGBA", "RGBA;16B"),
    "RGBA;16N": Twin("RGBA", "RGBA;16B" if _LITTLE else "RGBA;16L"),
    "LA;16B": Twin("LA", "RGBA", is_paired=True),
}
"""By Pillow's name for samples as a file stores them; inks, premultiplied alpha and channels that lie apart are not
among them."""


def deep_mode(image: Image.Image) -> str:
    """Return the mode of a picture that has 16 bits a channel, with its depth; it has not been decoded."""
    twin = TWINS.get(stored_as(image))
    is_in_full = twin is not None and "transparency" not in image.info  # that is a colour of 16 bits, too
    return f"{twin.mode}{DEEP}" if twin is not None and is_in_full else f"{image.mode}{CUT}"


def deep_values(decoded: Image.Image, payload: bytes) -> Values:
    """Return the samples of a picture of such a mode, (H, W, 2, 3 or 4) uint16.

    Args:
        decoded: With the upper bytes.
        payload: The file that it was decoded from.

    Raises:
        OSError: What Pillow raises; so are its others.
    """
    again = Image.open(io.BytesIO(payload), formats=[decoded.format or ""])
    twin = TWINS[stored_as(again)]
    again.tile = [tile._replace(args=_renamed(tile.args, twin.other)) for tile in _tiles(again)]
    lower = np.asarray(again)
    upper = np.asarray(decoded)
    if twin.is_paired:
        upper, lower = lower[..., ::2], lower[..., 1::2]
    values: Values = upper.astype(np.uint16) << 8 | lower
    return values


def shades_of_colours(values: Values, decoded: Image.Image) -> Shades:
    """Return which values the colours hold, their opacity apart, and what the file says of them."""
    return shades_in(_colours(values), decoded)


def colours_in_eight_bits(values: Values, decoded: Image.Image, deep: DeepRange) -> Image.Image:
    """Return a picture of deep colours with eight bits a channel, in the mode of the decoded one.

    Args:
        values: As `deep_values` gives them.
        decoded: With the upper bytes, which are what it becomes where no range is known.
        deep: What becomes black and white; opacity always fills its 16 bits.
    """
    if deep.whole is None:
        return decoded
    eight = in_eight_bits(_colours(values), deep.whole)
    if values.shape[-1] % 2 == 0:
        eight = np.concatenate([eight, (values[..., -1:] >> 8).astype(np.uint8)], axis=-1)
    image = Image.fromarray(eight)
    image.info = decoded.info
    return image


def _colours(values: Values) -> Values:
    return values[..., :-1] if values.shape[-1] % 2 == 0 else values


def _tiles(image: Image.Image) -> list[ImageFile._Tile]:
    return image.tile if isinstance(image, ImageFile.ImageFile) else []


def _renamed(arguments: tuple[object, ...] | str | None, name: str) -> tuple[object, ...] | str:
    return (name, *arguments[1:]) if isinstance(arguments, tuple) else name
