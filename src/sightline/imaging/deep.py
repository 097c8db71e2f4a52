"""Deep pictures: those with more than eight bits a channel, and what of their values is black and what is white.

A file of 16 bits says nothing of how much of them its camera fills. So the range is measured over the training
pictures, or given, and saved with the format: see docs/decisions/0024.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, TiffImagePlugin

from sightline.core.errors import PictureError
from sightline.core.pieces import pieces

Ends = tuple[float, float]
"""The value that becomes black, and the one that becomes white."""
FULL_WHOLE, FULL_REAL = (0.0, 65_535.0), (0.0, 1.0)
"""What whole numbers and floats are taken to fill where nobody knows better; values outside are refused."""
LEAST_BITS = 8
REAL_MODE = "F"
BITS_A_SAMPLE, PHOTOMETRIC, WHITE_IS_ZERO = 258, 262, 0
MOST_TAGS, LEAST_TAGS = (341, 281), (340, 280)
"""TIFF's SMaxSampleValue and MaxSampleValue, SMinSampleValue and MinSampleValue: the first that is there counts."""
VALUES_AT_A_TIME = 2**20
"""So that a large picture is not in memory five times over."""
CONTAINER_BITS = (8, 16, 32, 64)
"""Sizes of numbers in memory; any other number of bits is a camera's."""


class Shades(NamedTuple):
    """Which values a deep picture holds; all zero for any other.

    Args:
        low: The least value of a pixel.
        high: The largest value of a pixel.
        black: What the file says is black.
        white: What the file says is white; 0 where it does not say.
    """

    low: float = 0.0
    high: float = 0.0
    black: float = 0.0
    white: float = 0.0

    def ends(self, mode: str) -> Ends:
        """Return black and white of this picture alone: by the file's word if its values keep to it, else measured.

        Measured, white is the next power of two, for whole numbers less one and from 255 on; black is zero, or the
        least value if that is below zero.
        """
        black = self.black if self.white and self.low >= self.black else min(0.0, self.low)
        if self.white and self.high <= self.white:
            return black, self.white
        if mode == REAL_MODE:
            fraction, exponent = math.frexp(self.high)
            white = 2.0 ** (exponent - (fraction == 0.5)) if self.high > 0 else 1.0  # noqa: PLR2004 - a power of two
            return black, white
        return black, 2.0 ** max(LEAST_BITS, int(max(self.high, 0)).bit_length()) - 1


@dataclass(frozen=True)
class DeepRange:
    """What becomes black and white in deep pictures; values beyond are clipped.

    Args:
        whole: Of those of whole numbers; None where it is not known: 0 to 65,535, and values beyond are refused.
        real: Of those of floats; None where it is not known: 0 to 1, and values beyond are refused.

    Example:
        >>> DeepRange.over([("I;16", Shades(12, 4_080)), ("I;16", Shades(0, 2_500))])
        DeepRange(whole=(0.0, 4095.0), real=None)
    """

    whole: Ends | None = None
    real: Ends | None = None

    @classmethod
    def over(cls, pictures: Iterable[tuple[str, Shades]]) -> Self:
        """Return the range that holds those of all these deep pictures, each given by its mode and shades."""
        held: dict[bool, list[Ends]] = {False: [], True: []}
        for mode, shades in pictures:
            held[mode == REAL_MODE].append(shades.ends(mode))
        whole, real = (_around(held[is_real]) for is_real in (False, True))
        return cls(whole, real)

    @classmethod
    def of_json(cls, described: dict[str, Any]) -> Self:
        """Return the range that `as_json` described.

        Raises:
            ValueError: It is no such description.
        """
        if not set(described) <= {"whole", "real"}:
            raise ValueError(f"unknown: {', '.join(sorted(set(described) - {'whole', 'real'}))}")
        return cls(**{kind: _ends(value) for kind, value in described.items()})

    def as_json(self) -> dict[str, list[float]]:
        """Return the ends of what is known."""
        return {kind: list(ends) for kind, ends in (("whole", self.whole), ("real", self.real)) if ends is not None}

    def of_mode(self, mode: str) -> Ends | None:
        """Return the ends for pictures of this mode; None where they are not known."""
        return self.real if mode == REAL_MODE else self.whole

    def taken(self, mode: str) -> Ends:
        """Return the ends that pictures of this mode are read with."""
        return self.of_mode(mode) or (FULL_REAL if mode == REAL_MODE else FULL_WHOLE)

    def clipped(self, mode: str, shades: Shades) -> str:
        """Return in words that a deep picture holds values beyond black and white; ``""`` if it doesn't."""
        black, white = self.taken(mode)
        if black <= shades.low <= shades.high <= white:
            return ""
        held, taken = f"{shades.low:g} to {shades.high:g}", f"{black:g} to {white:g}"
        return f"holds values from {held}; the model takes {taken} for black to white, and clips the rest"


FULL = DeepRange()
ANY = DeepRange((-(2.0**31), 2.0**32), (-1e38, 1e38))
"""Holds every value: for looks that only want to know which there are."""


def _around(ends: list[Ends]) -> Ends | None:
    return (min(black for black, _ in ends), max(white for _, white in ends)) if ends else None


def _ends(value: Any) -> Ends:
    """Return two ascending finite numbers.

    Raises:
        ValueError: It is something else.
    """
    fits = isinstance(value, list | tuple) and len(value) == 2 and all(type(end) in (int, float) for end in value)  # noqa: PLR2004 - two ends
    if not fits or not all(map(math.isfinite, value)) or not value[0] < value[1]:
        raise ValueError(f"{value!r} is no range; expected two ascending numbers")
    return float(value[0]), float(value[1])


def is_deep(mode: str) -> bool:
    """Return whether pictures of this mode of Pillow's are grey of more than eight bits."""
    return mode.startswith(("I", REAL_MODE))


DEEP, CUT = ";16", ">8"
"""End the mode of a picture with 16 bits a channel: one that is read in full, and one of which Pillow's eight are."""


def is_deep_colour(mode: str) -> bool:
    """Return whether pictures of this mode have colours of 16 bits that are read in full."""
    return mode.endswith(DEEP) and not is_deep(mode)


def has_shades(mode: str) -> bool:
    """Return whether pictures of this mode are read in a range, be they grey or of colours."""
    return is_deep(mode) or is_deep_colour(mode)


def stored_as(image: Image.Image) -> str:
    """Return Pillow's name for the samples as they are in a file that has not been decoded; ``""`` for none."""
    arguments = image.tile[0].args if isinstance(image, ImageFile.ImageFile) and image.tile else ""
    first = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return first if isinstance(first, str) else ""


SIGNIFICANT_BITS = "significant_bits"
"""Where what a PNG says of its own stands in an image's `info`."""


def shades_of(image: Image.Image) -> Shades:
    """Return which values a deep picture holds, and what its file says of them.

    Args:
        image: Decoded, in a deep mode; `SIGNIFICANT_BITS` of a PNG are in its `info`.
    """
    return shades_in(np.asarray(image), image)


def shades_in(values: npt.NDArray[Any], image: Image.Image) -> Shades:
    """Return which values there are, and what a file says of them.

    Args:
        values: All of a picture's, in any shape.
        image: The decoded file that they come from.
    """
    low, high = float(values.min()), float(values.max())
    black, white = 0.0, 0.0
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        black, white = _of_tags(image)
    elif image.format == "PPM" and image.mode != REAL_MODE:
        white = FULL_WHOLE[1]  # Pillow scales by the largest value that the header names
    elif bits := image.info.get(SIGNIFICANT_BITS):
        # The standard scales samples to all 16 bits; many writers leave them in the lower ones.
        own = 2.0**bits - 1
        white = own if high <= own else FULL_WHOLE[1]
    return Shades(low, high, black, white)


def _of_tags(image: TiffImagePlugin.TiffImageFile) -> Ends:
    """Return what a TIFF says is black and white; zeros where it does not say, or says what can't be."""
    white, black = (_first_number(image, tags) for tags in (MOST_TAGS, LEAST_TAGS))
    bits = _first_number(image, (BITS_A_SAMPLE,))
    if not white and bits and bits not in CONTAINER_BITS:
        white = 2.0**bits - 1
    return (black, white) if white > black else (0.0, 0.0)


def _first_number(image: TiffImagePlugin.TiffImageFile, tags: tuple[int, ...]) -> float:
    for tag in tags:
        value = image.tag_v2.get(tag)
        number = value[0] if isinstance(value, tuple) and value else value
        if isinstance(number, int | float) and math.isfinite(number):
            return float(number)
    return 0.0


def eight_bits(image: Image.Image, name: str, deep: DeepRange) -> Image.Image:
    """Return a deep picture in mode ``"L"``.

    Args:
        image: In a deep mode.
        name: What to call it in an error.
        deep: What becomes black and white.

    Raises:
        PictureError: Its values are no numbers, or lie outside of what they can be where no range is known.
    """
    values, full = np.asarray(image), FULL_REAL if image.mode == REAL_MODE else FULL_WHOLE
    low, high = values.min(), values.max()
    ends = deep.of_mode(image.mode)
    if not np.isfinite((low, high)).all() or (ends is None and not full[0] <= low <= high <= full[1]):
        raise PictureError(
            f"{name} holds values from {low} to {high} in mode {image.mode}; expected {full[0]:g} to {full[1]:g}",
            hint="say what is black and white with deep_range, or save it with 8 or 16 bits",
        )
    scaled = in_eight_bits(values, ends or full)
    return Image.fromarray(255 - scaled if _is_negative(image) else scaled)


def in_eight_bits(values: npt.NDArray[Any], ends: Ends) -> npt.NDArray[np.uint8]:
    """Return values of any shape as 0 to 255 between black and white; those beyond are clipped."""
    black, white = ends
    scaled = np.empty(values.shape, dtype=np.uint8)
    for rows in pieces(len(values), max(1, VALUES_AT_A_TIME // max(1, values[:1].size))):
        shades = (values[rows].astype(np.float32) - np.float32(black)) / np.float32(white - black)
        scaled[rows] = np.rint(np.clip(shades, 0, 1) * 255)
    return scaled


def _is_negative(image: Image.Image) -> bool:
    """Return whether the file says that zero is white; Pillow turns such pictures round only if they have 8 bits."""
    return isinstance(image, TiffImagePlugin.TiffImageFile) and image.tag_v2.get(PHOTOMETRIC) == WHITE_IS_ZERO
