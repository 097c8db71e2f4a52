"""The time of day, as files and pages state it."""

import datetime as dt


def now() -> str:
    """Return the time in UTC to the second, as text."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
