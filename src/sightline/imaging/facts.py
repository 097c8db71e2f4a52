"""What is known of a picture besides its pixels."""

import struct
from typing import Any, NamedTuple, Self

from sightline.imaging.deep import Shades

VERSION = 5
"""Changes with the fields of `Facts`, or with what they mean; facts of another version are read from the file anew."""

_LAYOUT = struct.Struct("<ii8s8s?idddd8sd32sqd")
BYTES = _LAYOUT.size


class Facts(NamedTuple):
    """What one look at a file showed, its pixels apart.

    A new fact is one more field, with a default for files that could not be read, a place in `_LAYOUT`, and a new
    `VERSION`: what was kept before is then looked at once more.

    Args:
        width: Pixels across as stored, before the picture is turned upright; 0 where unknown.
        height: Pixels down as stored; 0 where unknown.
        format: ``"JPEG"``, ``"PNG"``, ... or ``"array"``; at most eight letters.
        mode: Pillow's name for the colour mode in the file: ``"RGB"``, ``"P"``, ``"I;16"``, ..., or one of
            `sightline.imaging.deep_colours`; at most eight letters.
        turned: Whether an EXIF orientation was applied.
        frames: How many pictures the file holds; only the first is used.
        low: The least value of a deep picture, as in `sightline.imaging.deep.Shades`; 0 for any other.
        high: The largest value of a deep picture.
        black: What a deep picture's file says is black.
        white: What a deep picture's file says is white; 0 where it does not say.
        profile: What became of the file's colour profile: ``"applied"``, ``"broken"`` or, where there is none or it
            is sRGB, ``""``.
        taken: When the picture was taken, in seconds since 1970 by the camera's own clock; 0 where unknown.
        camera: Its maker and model, by EXIF, at most 32 letters; ``""`` where unknown.
        byte_count: Of the file, or of an array's pixels.
        sharpness: As in `sightline.imaging.sharpness`; 0 where the thumbnail is to be asked.
    """

    width: int = 0
    height: int = 0
    format: str = ""
    mode: str = ""
    turned: bool = False
    frames: int = 1
    low: float = 0.0
    high: float = 0.0
    black: float = 0.0
    white: float = 0.0
    profile: str = ""
    taken: float = 0.0
    camera: str = ""
    byte_count: int = 0
    sharpness: float = 0.0

    @property
    def shades(self) -> Shades:
        """Which values a deep picture holds."""
        return Shades(self.low, self.high, self.black, self.white)

    def packed(self) -> bytes:
        """Return the facts as `BYTES` bytes."""
        return _LAYOUT.pack(*(value.encode() if isinstance(value, str) else value for value in self))

    @classmethod
    def unpacked(cls, block: bytes) -> Self:
        """Return the facts that `packed` made these bytes of.

        Example:
            >>> Facts.unpacked(Facts(640, 480, "JPEG", "RGB").packed())[:4]
            (640, 480, 'JPEG', 'RGB')
        """
        fields: list[Any] = list(_LAYOUT.unpack(block))
        for place in _TEXTS:
            fields[place] = fields[place].rstrip(b"\0").decode()
        return cls(*fields)


_TEXTS = tuple(place for place, name in enumerate(Facts._fields) if Facts._field_defaults[name] == "")
"""The places of the fields that are text."""
