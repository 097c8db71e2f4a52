"""Where fetched data sets and decoded pictures outlive a run."""

import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from sightline.core.errors import SettingsError
from sightline.core.findings import Finding, Severity

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


def looks_folder() -> Path | None:
    """Return where it is kept what `check` has seen; None where `pixel_folder` returns None."""
    return _room("looks")


def bases_folder() -> Path | None:
    """Return where fetched weights are kept; None where `pixel_folder` returns None."""
    return _room("bases")


def _room(name: str) -> Path | None:
    if os.environ.get("SIGHTLINE_CACHE") == OFF:
        return None
    folder = _named() or _of_user()
    return folder and folder / name


def require_own(path: Path) -> None:
    """Raise over a folder or file that exists and that others may write, or that is somebody else's.

    Raises:
        OSError: It is.
    """
    if not path.exists() or not hasattr(os, "getuid"):
        return
    status = path.stat()
    if status.st_uid != os.getuid():
        raise PermissionError(errno.EPERM, f"it belongs to user {status.st_uid}", str(path))
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(errno.EPERM, f"others may write it (mode {stat.S_IMODE(status.st_mode):o})", str(path))


def unused_cache(folder: Path | None) -> Iterator[Finding]:
    """Yield why decoded pictures are neither looked for nor kept in a folder, if it is not this user's own."""
    try:
        if folder is not None:
            require_own(folder)
    except OSError as error:
        yield Finding(
            "cache-not-own",
            Severity.WARNING,
            f"what pictures showed is not kept in {folder}: {error.strerror}",
            "make it yours alone (chmod go-w), or name another folder in SIGHTLINE_CACHE",
        )


def _named() -> Path | None:
    named = os.environ.get("SIGHTLINE_CACHE")
    return Path(named) if named and named != OFF else None


def _of_user() -> Path | None:
    home = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    try:
        return Path(home or Path.home() / ".cache") / "sightline"
    except RuntimeError:  # no HOME, and a user whom the system does not know
        return None
