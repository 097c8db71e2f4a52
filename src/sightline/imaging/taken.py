"""When a picture was taken, as its EXIF data say."""

import calendar
import re
from datetime import datetime

from sightline.imaging.formats.tiff import TiffReader

EXIF_START = b"Exif\0\0"
EXIF_DIRECTORY, ORIGINAL, DATE_TIME = 34_665, 36_867, 306
"""Tags: where EXIF's own directory stands, when the picture was taken, and when its file was written."""
LENGTH = 19
UNKNOWN = 0.0


def taken_seconds(exif: object) -> float:
    """Return when a picture was taken, in seconds since 1970 by the camera's own clock; 0 where nobody says.

    Args:
        exif: What Pillow calls ``info["exif"]``: bytes, with or without their start; anything else says nothing.

    Reference:
        CIPA DC-008, "Exchangeable image file format for digital still cameras: Exif Version 2.32" (2019), section
        4.6.5: DateTimeOriginal, "YYYY:MM:DD HH:MM:SS". https://www.cipa.jp/std/documents/e/DC-X008-Translation-2019-E.pdf

    Example:
        >>> taken_seconds(b""), seconds_of("2024:03:01 12:00:01") - seconds_of("2024-03-01T12:00:00")
        (0.0, 1.0)
    """
    if not isinstance(exif, bytes) or not exif:
        return UNKNOWN
    reader = TiffReader(exif.removeprefix(EXIF_START))
    first = dict(reader.entries(reader.first))
    below = reader.numbers(first[EXIF_DIRECTORY]) if EXIF_DIRECTORY in first else ()
    own = dict(reader.entries(below[0])) if below else {}
    entry = own.get(ORIGINAL) or first.get(DATE_TIME)
    return seconds_of(reader.text(entry, LENGTH)) if entry else UNKNOWN


def seconds_of(text: str) -> float:
    """Return a time in seconds since 1970, without a time zone: those that are told by it, or by the clock on the wall.

    Args:
        text: As ISO 8601 or EXIF writes it, ``2024-03-01``, ``2024-03-01 12:00:00``, ``2024:03:01 12:00:00``, or a
            number of seconds, days or years.

    Returns:
        Seconds, or the number itself; 0 for anything else.
    """
    written = re.sub(r"^(\d{4}):(\d\d):(\d\d)", r"\1-\2-\3", text.strip())
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        return _number(written)
    return calendar.timegm(time.utctimetuple()) + time.microsecond / 1e6 if time.year > 1 else UNKNOWN


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return UNKNOWN
    return number if abs(number) < float("inf") else UNKNOWN
