"""When a picture was taken, as its EXIF data say."""

import calendar
import re
from datetime import datetime

from sightline.imaging.exif import Exif

ORIGINAL, DATE_TIME = 36_867, 306
"""Tags: when the picture was taken, and when its file was written."""
LENGTH = 19
UNKNOWN = 0.0


def taken_seconds(exif: Exif) -> float:
    """Return when a picture was taken, in seconds since 1970 by the camera's own clock; 0 where nobody says.

    Reference:
        CIPA DC-008, "Exchangeable image file format for digital still cameras: Exif Version 2.32" (2019), section
        4.6.5: DateTimeOriginal, "YYYY:MM:DD HH:MM:SS". https://www.cipa.jp/std/documents/e/DC-X008-Translation-2019-E.pdf

    Example:
        >>> taken_seconds(Exif(b"")), seconds_of("2024:03:01 12:00:01") - seconds_of("2024-03-01T12:00:00")
        (0.0, 1.0)
    """
    return seconds_of(exif.text(ORIGINAL, LENGTH) or exif.text(DATE_TIME, LENGTH))


def seconds_of(text: str) -> float:
    """Return a time in seconds since 1970, without a time zone: those that are told by it, or by the clock on the wall.

    Args:
        text: As ISO 8601 or EXIF writes it, ``2024-03-01``, ``2024-03-01 12:00:00`` or ``2024:03:01 12:00:00``.

    Returns:
        Seconds; 0 for anything else.
    """
    written = re.sub(r"^(\d{4}):(\d\d):(\d\d)", r"\1-\2-\3", text.strip())
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        return UNKNOWN
    return calendar.timegm(time.utctimetuple()) + time.microsecond / 1e6 if time.year > 1 else UNKNOWN
