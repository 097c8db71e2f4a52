"""Directories of EXIF data: what a camera wrote beside a picture."""

from typing import Self

from sightline.imaging.formats.tiff import Entry, TiffReader

START = b"Exif\0\0"
DIRECTORY = 34_665
"""The tag that says where EXIF's own directory stands."""


class Exif:
    """What EXIF data say; a tag that is not there, or broken, says nothing.

    Args:
        body: A TIFF's directories, without `START`.

    Reference:
        CIPA DC-008, "Exchangeable image file format for digital still cameras: Exif Version 2.32" (2019), section 4.6.
        https://www.cipa.jp/std/documents/e/DC-X008-Translation-2019-E.pdf
    """

    def __init__(self, body: bytes) -> None:
        self._reader = TiffReader(body)
        self._first = dict(self._reader.entries(self._reader.first))
        below = self._reader.numbers(self._first[DIRECTORY]) if DIRECTORY in self._first else ()
        self._own: dict[int, Entry] = dict(self._reader.entries(below[0])) if below else {}

    @classmethod
    def of(cls, info: object) -> Self:
        """Return the EXIF data of what Pillow calls ``info["exif"]``: bytes, with or without `START`, or nothing."""
        return cls(info.removeprefix(START) if isinstance(info, bytes) else b"")

    def text(self, tag: int, most: int) -> str:
        """Return the first letters of a tag of the first directory, or of EXIF's own."""
        entry = self._own.get(tag) or self._first.get(tag)
        return self._reader.text(entry, most) if entry else ""
