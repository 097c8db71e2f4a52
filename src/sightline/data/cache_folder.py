"""Where fetched data sets and decoded pictures outlive a run."""

import os
import sys
from pathlib import Path

from sightline.core.errors import SettingsError

OFF = "off"


def cache_folder() -> Path:
    """Return the folder of caches.

    ``SIGHTLINE_CACHE`` names it; else it is ``sightline`` in the user's folder of caches. ``off`` names no folder.

    Raises:
        SettingsError: The variable names none, and this user has no folder of caches.

    Reference:
        XDG Base Directory Specification 0.8 (2021). https://specifications.freedesktop.org/basedir-spec/
    """
    folder = _named() or _of_user()
    if folder is None:
        raise SettingsError(
            "there is no folder for data sets: neither HOME nor SIGHTLINE_CACHE is set, and the system knows no "
            "home of this user",
            hint="set SIGHTLINE_CACHE=FOLDER, or name the data set's own folder, as in cifar10:FOLDER",
        )
    return folder


def pixel_folder() -> Path | None:
    """Return where decoded pictures are kept; None if ``SIGHTLINE_CACHE`` is ``off``, or there is no such place."""
    return _room("pixels")


def bases_folder() -> Path | None:
    """Return where fetched weights are kept; None where `pixel_folder` returns None."""
    return _room("bases")


def _room(name: str) -> Path | None:
    if os.environ.get("SIGHTLINE_CACHE") == OFF:
        return None
    folder = _named() or _of_user()
    return folder and folder / name


def _named() -> Path | None:
    named = os.environ.get("SIGHTLINE_CACHE")
    return Path(named) if named and named != OFF else None


def _of_user() -> Path | None:
    home = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    try:
        return Path(home or Path.home() / ".cache") / "sightline"
    except RuntimeError:  # no HOME, and a user whom the system does not know
        return None
