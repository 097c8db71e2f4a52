"""Where fetched data sets and decoded pictures outlive a run."""

import os
import sys
from pathlib import Path

OFF = "off"


def cache_folder() -> Path:
    """Return the folder of caches.

    ``SIGHTLINE_CACHE`` names it; else it is ``sightline`` in the user's folder of caches. ``off`` names no folder.

    Reference:
        XDG Base Directory Specification 0.8 (2021). https://specifications.freedesktop.org/basedir-spec/
    """
    named = os.environ.get("SIGHTLINE_CACHE")
    if named and named != OFF:
        return Path(named)
    home = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    return Path(home or Path.home() / ".cache") / "sightline"


def pixel_folder() -> Path | None:
    """Return where decoded pictures are kept; None if ``SIGHTLINE_CACHE`` is ``off``."""
    return None if os.environ.get("SIGHTLINE_CACHE") == OFF else cache_folder() / "pixels"
