"""Published weights from the web, only when that was asked for, and whole or not at all.

Importing this file does not import torch.
"""

import hashlib
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import IO

from sightline.core.errors import DataError
from sightline.core.storage import unwritable, write_pieces
from sightline.models.bases.files import MOST_BYTES, weights_at_hand, wrong_digest
from sightline.models.bases.table import Base

TIMEOUT_SECONDS = 60
PIECE_BYTES = 2**20


def fetch_weights(base: Base, folder: Path) -> Path:
    """Fetch a base's weights, unless they are at hand.

    Args:
        folder: Where they are kept; made if it is not there.

    Returns:
        The file.

    Raises:
        DataError: They can't be fetched, or their publisher has no address of them.
        BundleError: What came has another digest than the published one; nothing is kept.
        RunError: The folder can't be written.
    """
    path = weights_at_hand(base, folder=folder)
    if path is not None:
        return path
    if not base.address:
        raise DataError(
            f"the weights of {base.name} are not fetched by sightline", hint=f"install them with: {base.found_by}"
        )
    path = folder / base.file_name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        answer = urllib.request.urlopen(base.address, timeout=TIMEOUT_SECONDS)  # noqa: S310 - an address of the table
    except (OSError, HTTPException, ValueError) as error:
        raise _unfetched(base, str(error)) from error
    with answer:
        write_pieces(path, _checked(answer, base))
    return path


def _checked(answer: IO[bytes], base: Base) -> Iterator[bytes]:
    """Yield what comes, piece by piece; raise at the end if it was not what was published."""
    total, digest = 0, hashlib.sha256()
    while piece := _read(answer, base):
        total += len(piece)
        if total > MOST_BYTES:
            raise _unfetched(base, f"it has more than {MOST_BYTES:,} bytes")
        digest.update(piece)
        yield piece
    if not digest.hexdigest().startswith(base.digest):
        raise wrong_digest(base.address, digest.hexdigest(), base.digest)


def _read(answer: IO[bytes], base: Base) -> bytes:
    try:
        return answer.read(PIECE_BYTES)
    except (OSError, HTTPException) as error:
        raise _unfetched(base, str(error)) from error


def _unfetched(base: Base, why: str) -> DataError:
    return DataError(
        f"{base.address} can't be fetched: {why}",
        hint="try again later, or get the file in another way and name it with --weights FILE",
    )
