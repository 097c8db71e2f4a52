"""One look at one picture: read once, decoded once, its facts, digest and pixels kept."""

import hashlib
from dataclasses import dataclass, field
from typing import Self

from sightline.core.errors import PictureError
from sightline.data.cache import Facts, PixelCache
from sightline.data.sources import Source
from sightline.imaging.photo import Payload, Pixels
from sightline.imaging.picture_format import PictureFormat

UNKNOWN = Facts(0, 0, "", "", turned=False, frames=1)
GLANCE = PictureFormat(height=1, width=1, colours="grey")
"""The format of a look that keeps no pixels: JPEGs are decoded at the smallest scale."""


@dataclass
class Columns:
    """What looks at some pictures showed; threads fill different rows.

    Args:
        digests: See `sightline.data.survey.Survey`.
        facts: What is known of each picture besides its pixels.
        pixels: (N, H, W, C) uint8 of zeros, or None if no pixels are kept.
        problems: Row to reason, for every picture that can't be used.
    """

    digests: list[str]
    facts: list[Facts]
    pixels: Pixels | None
    problems: dict[int, str] = field(default_factory=dict)

    @classmethod
    def empty(cls, count: int, pixels: Pixels | None) -> Self:
        """Return columns for so many pictures."""
        return cls([""] * count, [UNKNOWN] * count, pixels)

    def put(self, rows: range, some: "Columns") -> None:
        """Put the columns of some pictures into these rows."""
        whole = slice(rows.start, rows.stop)
        self.digests[whole], self.facts[whole] = some.digests, some.facts
        self.problems.update((rows[row], problem) for row, problem in some.problems.items())
        if self.pixels is not None and some.pixels is not None:
            self.pixels[whole] = some.pixels


@dataclass(frozen=True)
class Eye:
    """How pictures of a source are looked at; safe to use from several threads.

    Args:
        source: Where the pictures are.
        format: What every picture becomes; `GLANCE` where no pixels are kept.
        kept: Pictures that were decoded before; None if there are none.
    """

    source: Source
    format: PictureFormat
    kept: PixelCache | None

    def look(self, name: str, row: int, columns: Columns) -> bool:
        """Fill one row; return whether the picture had to be decoded for it."""
        try:
            payload = self.source.read(name)
            digest = columns.digests[row] = _digest(payload)
            if self.kept is not None and columns.pixels is not None and (found := self.kept.find(digest)):
                columns.facts[row], columns.pixels[row] = found
                return False
            photo = self.format.open(payload, name=name)
            if columns.pixels is not None:
                columns.pixels[row] = self.format.pixels(photo)
        except PictureError as error:
            columns.problems[row] = error.problem
        else:
            columns.facts[row] = Facts(photo.width, photo.height, photo.format, photo.mode, photo.turned, photo.frames)
        return True


def _digest(payload: Payload) -> str:
    if isinstance(payload, bytes):
        return hashlib.sha256(payload).hexdigest()
    return hashlib.sha256(repr(payload.shape).encode() + payload.tobytes()).hexdigest()
