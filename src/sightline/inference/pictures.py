"""Everything that a classifier takes for a picture: a path, a file's bytes, a Pillow image or an array."""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from sightline.core.errors import PictureError
from sightline.data.sources import FolderSource
from sightline.imaging.deep import is_deep, is_deep_colour, shades_of
from sightline.imaging.photo import (
    DECODER_ERRORS,
    TURNS,
    Payload,
    Pixels,
    in_known_colours,
    mode_in_file,
    orientation_of,
)
from sightline.imaging.picture_format import PictureFormat

Picture = str | os.PathLike[str] | bytes | Image.Image | Pixels
"""A path; an encoded file's bytes; a Pillow image; or pixels (h, w) or (h, w, 1|3|4) uint8."""
FILES = FolderSource(Path())
"""Files by their paths, from wherever the process stands."""


def name_of(picture: Picture, *, otherwise: str) -> str:
    """Return what a picture is called in an answer or an error: its path, or `otherwise`."""
    return os.fsdecode(picture) if isinstance(picture, str | os.PathLike) else otherwise


class Reading(NamedTuple):
    """A picture as a model reads it.

    Args:
        pixels: (H, W, C) uint8.
        note: What should be known of how it was read, or ``""``.
    """

    pixels: Pixels
    note: str = ""


def reading_of(picture: Picture, input_format: PictureFormat, *, name: str) -> Reading:
    """Return a picture as a model reads it, on the one path that files take too.

    Args:
        picture: Of any kind that `Picture` names.
        input_format: The model's size, colours and way of resizing.
        name: What to call it in an error.

    Raises:
        PictureError: It can't be read, or is none of these kinds.
    """
    if isinstance(picture, str | os.PathLike):
        return _read(FILES.read(os.fsdecode(picture)), input_format, name)
    if isinstance(picture, Image.Image):
        content = _content_of_unread(picture)
        if content is not None:
            return _read(content, input_format, name)
        pixels, note = _array_of(picture, input_format, name)
        return Reading(input_format.read(pixels, name=name), note)
    if isinstance(picture, bytes | np.ndarray):
        return _read(picture, input_format, name)
    raise PictureError(
        f"{name} is a {type(picture).__name__}; expected a path, a file's bytes, a Pillow image or an array",
        hint="give one picture; for several use predict_many",
    )


def _read(payload: Payload, input_format: PictureFormat, name: str) -> Reading:
    photo = input_format.open(payload, name=name)
    return Reading(input_format.pixels(photo), input_format.note(photo))


def _content_of_unread(image: Image.Image) -> bytes | None:
    """Return the file of an image that has not been decoded yet, if a file shows more than the image.

    A JPEG's is decoded at a smaller scale, and one of 16 bits a channel in full.
    """
    if not isinstance(image, ImageFile) or not image.tile or image.fp is None:
        return None
    if not (isinstance(image, JpegImageFile) and image.format == "JPEG") and not is_deep_colour(mode_in_file(image)):
        return None
    try:
        place = image.fp.tell()
        image.fp.seek(0)
        content = image.fp.read()
        image.fp.seek(place)
    except (OSError, ValueError):  # ValueError: the file is closed, which is said when the pixels are asked for
        return None
    return content


def _array_of(image: Image.Image, input_format: PictureFormat, name: str) -> Reading:
    """Return a Pillow image upright, (h, w) or (h, w, 3) uint8, and what to know; the image itself stays as it is."""
    try:
        image.load()
    except DECODER_ERRORS as error:
        raise PictureError(
            f"{name} is a Pillow image that can't be decoded: {str(error) or type(error).__name__}",
            hint="open it again; the file may be damaged, or closed already",
        ) from error
    known, _ = in_known_colours(image, name, deep=input_format.deep)
    turn = TURNS.get(orientation_of(image))
    note = input_format.deep.clipped(image.mode, shades_of(image)) if is_deep(image.mode) else ""
    return Reading(np.asarray(known if turn is None else known.transpose(turn)), note)
