"""What is known of a picture besides its pixels."""

import struct
from typing import NamedTuple, Self

VERSION = 1
"""Changes with the fields of `Facts`, or with what they mean; facts of another version are read from the file anew."""

_LAYOUT = struct.Struct("<ii8s8s?i")
BYTES = _LAYOUT.size


class Facts(NamedTuple):
    """What one look at a file showed, its pixels apart.

    A new fact is one more field, with a default for files that could not be read, a place in `_LAYOUT`, and a new
    `VERSION`: what was kept before is then looked at once more.

    Args:
        width: Pixels across as stored, before the picture is turned upright; 0 where unknown.
        height: Pixels down as stored; 0 where unknown.
        format: ``"JPEG"``, ``"PNG"``, ... or ``"array"``; at most eight letters.
        mode: Pillow's name for the colour mode in the file: ``"RGB"``, ``"P"``, ``"I;16"``, ...
        turned: Whether an EXIF orientation was applied.
        frames: How many pictures the file holds; only the first is used.
    """

    width: int = 0
    height: int = 0
    format: str = ""
    mode: str = ""
    turned: bool = False
    frames: int = 1

    def packed(self) -> bytes:
        """Return the facts as `BYTES` bytes."""
        return _LAYOUT.pack(self.width, self.height, self.format.encode(), self.mode.encode(), self.turned, self.frames)

    @classmethod
    def unpacked(cls, block: bytes) -> Self:
        """Return the facts that `packed` made these bytes of.

        Example:
            >>> Facts.unpacked(Facts(640, 480, "JPEG", "RGB").packed())
            Facts(width=640, height=480, format='JPEG', mode='RGB', turned=False, frames=1)
        """
        width, height, form, mode, turned, frames = _LAYOUT.unpack(block)
        return cls(width, height, form.rstrip(b"\0").decode(), mode.rstrip(b"\0").decode(), turned, frames)
