"""Colour profiles: what a camera, phone or scanner means by its numbers, converted to sRGB.

A picture without a profile, and one whose profile is broken or belongs to other colours, is taken for sRGB.

Reference:
    International Color Consortium, "ICC.1:2022, Image technology colour management", section 7: a profile is a header
    of 128 bytes and a table of tags. https://www.color.org/specification/ICC.1-2022-05.pdf
"""

import io
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

if TYPE_CHECKING:
    from PIL import ImageCms

NONE, APPLIED, BROKEN = "", "applied", "broken"
"""What becomes of a profile: there is none, or it is sRGB; it is applied; it is passed over."""
KEY = "icc_profile"
"""Where Pillow keeps a file's profile in an image's `info`; None where it could not even be put together."""

_HEADER_BYTES, _TAG_BYTES = 128, 12
_MOST_TAGS, MAX_BYTES = 256, 16 * 2**20
_SAME = 2
"""A profile that moves no colour by more levels than this is sRGB: those of different makers differ by rounding."""
_MODES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}
_KEPT, MOST_KEPT_BYTES = 16, 4 * 2**20
"""Transforms at a time, for a data set has the profiles of a few devices; and bytes of a profile that is kept."""


def in_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, str]:
    """Return a picture in sRGB, in mode ``"RGB"`` or ``"L"``, and what became of its profile.

    Args:
        image: In mode ``"RGB"``, ``"L"`` or ``"CMYK"``.
        profile: The bytes of an ICC profile; None for one that its file holds in pieces that do not fit.
    """
    space = _space(profile)
    if profile is None or space is None or not _fit(space, image.mode):
        return image, BROKEN
    from PIL import ImageCms  # for the few pictures that have a profile

    try:
        transform = (_transform if len(profile) <= MOST_KEPT_BYTES else _transform.__wrapped__)(profile, space)
        if transform is None:
            return image, NONE
        own = image if image.mode == space else image.convert(space)
        converted = ImageCms.applyTransform(own, transform)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, ImportError):
        return image, BROKEN
    if converted is None:
        return image, BROKEN
    return (converted.convert("L") if image.mode == "L" else converted), APPLIED


def is_of(profile: bytes | None, mode: str) -> bool:
    """Return whether a profile is one of colours in this mode."""
    return _space(profile) == mode


def _fit(space: str, mode: str) -> bool:
    return space == mode or (space, mode) == ("RGB", "L")


def _space(profile: bytes | None) -> str | None:
    """Return the mode of a profile's colours; None if it is not whole, or there is no rule for them."""
    if profile is None or not _HEADER_BYTES + 4 <= len(profile) <= MAX_BYTES or profile[36:40] != b"acsp":
        return None
    count = int.from_bytes(profile[_HEADER_BYTES : _HEADER_BYTES + 4])
    table = profile[_HEADER_BYTES + 4 : _HEADER_BYTES + 4 + _TAG_BYTES * count]
    if count > _MOST_TAGS or len(table) != _TAG_BYTES * count or int.from_bytes(profile[:4]) > len(profile):
        return None
    ends = (
        int.from_bytes(table[at + 4 : at + 8]) + int.from_bytes(table[at + 8 : at + 12])
        for at in range(0, len(table), _TAG_BYTES)
    )
    return _MODES.get(profile[16:20]) if all(end <= len(profile) for end in ends) else None


@lru_cache(_KEPT)
def _transform(profile: bytes, space: str) -> "ImageCms.ImageCmsTransform | None":
    """Return what brings colours to sRGB, relative to the medium's white; None for sRGB itself.

    Raises:
        PyCMSError: The profile can't be used.
    """
    from PIL import ImageCms

    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), space, "RGB", renderingIntent=intent)
    return None if space != "CMYK" and _changes_nothing(transform, space) else transform


def _changes_nothing(transform: "ImageCms.ImageCmsTransform", space: str) -> bool:
    """Return whether no colour of a lattice is moved."""
    from PIL import ImageCms

    steps = np.arange(0, 256, 15 if space == "RGB" else 1, dtype=np.uint8)
    if space == "RGB":
        lattice = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(1, -1, 3)
    else:
        lattice = steps[None]
    image = Image.fromarray(lattice)
    moved, expected = ImageCms.applyTransform(image, transform), image.convert("RGB")
    return moved is not None and int(np.abs(_numbers(moved) - _numbers(expected)).max()) <= _SAME


def _numbers(image: Image.Image) -> npt.NDArray[np.int16]:
    return np.asarray(image).astype(np.int16)
