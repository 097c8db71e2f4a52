"""Which camera took a picture, as its EXIF data say."""

from sightline.imaging.exif import Exif

MAKE, MODEL = 271, 272
"""Tags: who made the camera, and what it is called."""
MOST_SIGNS = 32
"""Of the name: cameras that agree in so many are taken for one."""


def camera_of(exif: Exif) -> str:
    """Return the camera's name in at most `MOST_SIGNS` ASCII letters; ``""`` where nobody says.

    Reference:
        CIPA DC-008, "Exchangeable image file format for digital still cameras: Exif Version 2.32" (2019), section
        4.6.4: Make and Model. https://www.cipa.jp/std/documents/e/DC-X008-Translation-2019-E.pdf
    """
    make, model = (" ".join(exif.text(tag, MOST_SIGNS).split()) for tag in (MAKE, MODEL))
    named = model if model.lower().startswith(make.lower()) else f"{make} {model}"  # "Canon", "Canon EOS 5D"
    return "".join(sign for sign in named if sign.isascii() and sign.isprintable())[:MOST_SIGNS].strip()
