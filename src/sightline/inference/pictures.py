"""Everything that a classifier takes for a picture: a path, a file's bytes, a Pillow image or an array."""

import os
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from sightline.core.errors import PictureError
from sightline.data.sources import FolderSource
from sightline.imaging.photo import DECODER_ERRORS, TURNS, Pixels, in_known_colours, orientation_of
from sightline.imaging.picture_format import PictureFormat

Picture = str | os.PathLike[str] | bytes | Image.Image | Pixels
"""A path; an encoded file's bytes; a Pillow image; or pixels (h, w) or (h, w, 1|3|4) uint8."""
FILES = FolderSource(Path())
"""Files by their paths, from wherever the process stands."""


def name_of(picture: Picture, *, otherwise: str) -> str:
    """Return what a picture is called in an answer or an error: its path, or `otherwise`."""
    return os.fsdecode(picture) if isinstance(picture, str | os.PathLike) else otherwise


def pixels_of(picture: Picture, input_format: PictureFormat, *, name: str) -> Pixels:
    """Return a picture as a model reads it, (H, W, C) uint8, on the one path that files take too.

    Args:
        picture: Of any kind that `Picture` names.
        input_format: The model's size, colours and way of resizing.
        name: What to call it in an error.

    Raises:
        PictureError: It can't be read, or is none of these kinds.
    """
    if isinstance(picture, str | os.PathLike):
        return input_format.read(FILES.read(os.fsdecode(picture)), name=name)
    if isinstance(picture, Image.Image):
        content = _content_of_unread_jpeg(picture)
        return input_format.read(_array_of(picture, input_format, name) if content is None else content, name=name)
    if isinstance(picture, bytes | np.ndarray):
        return input_format.read(picture, name=name)
    raise PictureError(
        f"{name} is a {type(picture).__name__}; expected a path, a file's bytes, a Pillow image or an array",
        hint="give one picture; for several use predict_many",
    )


def _content_of_unread_jpeg(image: Image.Image) -> bytes | None:
    """Return the file of a JPEG whose pixels have not been decoded yet, since files are decoded at a smaller scale."""
    if not isinstance(image, JpegImageFile) or image.format != "JPEG" or not image.tile or image.fp is None:
        return None
    try:
        place = image.fp.tell()
        image.fp.seek(0)
        content = image.fp.read()
        image.fp.seek(place)
    except (OSError, ValueError):  # ValueError: the file is closed, which is said when the pixels are asked for
        return None
    return content


def _array_of(image: Image.Image, input_format: PictureFormat, name: str) -> Pixels:
    """Return a Pillow image upright, (h, w) or (h, w, 3) uint8; the image itself stays as it is."""
    try:
        image.load()
    except DECODER_ERRORS as error:
        raise PictureError(
            f"{name} is a Pillow image that can't be decoded: {str(error) or type(error).__name__}",
            hint="open it again; the file may be damaged, or closed already",
        ) from error
    known, _ = in_known_colours(image, name, deep=input_format.deep)
    turn = TURNS.get(orientation_of(image))
    return np.asarray(known if turn is None else known.transpose(turn))
