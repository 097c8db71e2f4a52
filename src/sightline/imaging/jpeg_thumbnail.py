"""A small copy of a picture, to be shown."""

import io

from sightline.imaging.deep import FULL, DeepRange
from sightline.imaging.photo import Payload, open_photo

SIDE = 64
"""Pixels of the longer side, at most."""
QUALITY = 85


def thumbnail_of(payload: Payload, *, name: str, deep: DeepRange = FULL) -> bytes:
    """Return a small JPEG of a picture as it was given, in its own colours and proportions.

    Args:
        payload: A file's bytes, or pixels.
        name: What to call the picture in an error.
        deep: What becomes black and white in a picture of more than eight bits.

    Raises:
        PictureError: It can't be read.
    """
    image = open_photo(payload, name=name, at_least=(SIDE, SIDE), deep=deep).image
    image.thumbnail((SIDE, SIDE))
    image.info.clear()  # else Pillow copies what the file says about itself
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()
