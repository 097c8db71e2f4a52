"""Pairs of near copies that outlive a check, found again by the digests of the very files that were compared.

Nothing in it is a result: it may be deleted at any time, and whatever is wrong with it costs only the time to compare.
"""

import hashlib
import io
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from sightline.core.regular import content_of
from sightline.data.cache_folder import require_own
from sightline.data.copies.kinds import Kind
from sightline.data.copies.pairs import near_copies
from sightline.data.copies.record import Copies
from sightline.data.survey.cache import decoder
from sightline.data.survey.record import Surveyed
from sightline.data.survey.room import kept_file

SUFFIX = ".copies"
MOST_BYTES = 2**28
CHECK_BYTES = 32


def kept_copies(surveyed: Surveyed, folder: Path | None) -> Copies:
    """Return the near copies among pictures, as `near_copies` finds them, or as it found them in the same files before.

    Args:
        surveyed: What one look at every sample showed.
        folder: Where the pairs are kept; None if nowhere.
    """
    path = folder and folder / (_key(surveyed) + SUFFIX)
    if path is None:
        return near_copies(surveyed)
    copies = _found(path)
    if copies is None:
        copies = near_copies(surveyed)
        _keep(copies, path)
    return copies


def _key(surveyed: Surveyed) -> str:
    """Return what stands for the files, in their order, and for the code that compares them."""
    key = hashlib.sha256(repr(decoder()).encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        key.update(path.read_bytes())
    key.update(repr((sorted(surveyed.problems), surveyed.digests)).encode())
    return key.hexdigest()[:32]


def _found(path: Path) -> Copies | None:
    """Return the pairs that a file holds; None if it holds none that are sound."""
    with suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        require_own(path.parent)
        require_own(path)
        content = content_of(path)
        check, body = content[:CHECK_BYTES], content[CHECK_BYTES:]
        if hashlib.sha256(body).digest() != check:
            return None
        with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
            kinds = [*Kind]
            return Copies(
                arrays["rows"],
                tuple(kinds[place] for place in arrays["kinds"].tolist()),
                arrays["distances"],
                int(arrays["poor"]),
            )
    return None


def _keep(copies: Copies, path: Path) -> None:
    kinds = [*Kind]
    body = io.BytesIO()
    np.savez(
        body,
        rows=copies.rows,
        kinds=np.array([kinds.index(kind) for kind in copies.kinds], np.uint8),
        distances=copies.distances,
        poor=np.array(copies.poor),
    )
    content = hashlib.sha256(body.getvalue()).digest() + body.getvalue()
    with suppress(OSError), kept_file(path, len(content), suffix=SUFFIX, most_bytes=MOST_BYTES) as file:
        file.write(content)
