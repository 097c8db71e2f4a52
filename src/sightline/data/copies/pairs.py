"""Finding the near copies among the pictures of a data set."""

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sightline.core.pieces import pieces
from sightline.data.catalog import Rows
from sightline.data.copies.kinds import Kind, kinds_of
from sightline.data.copies.matches import Matches, matches
from sightline.data.copies.record import Copies
from sightline.data.survey.record import Surveyed
from sightline.imaging.photo import Pixels

FLAT, SMALL = 8.0, 24
"""Levels of a thumbnail's deviation, and pixels of the shorter side, below which there is nothing to tell it by."""
PAIRS_A_TIME = 2048


def near_copies(surveyed: Surveyed) -> Copies:
    """Find the pictures that are made of one another.

    Files with the same bytes, and pictures with the same thumbnail, are compared with others once: by the first of
    them, with which each of the others makes a pair.

    Args:
        surveyed: What one look at every sample showed.
    """
    rows, files = _first_of(surveyed.digests, np.flatnonzero(surveyed.usable))
    is_poor = _is_poor(surveyed, rows)
    shown, same = _first_of(_Thumbnails(surveyed.thumbnails), rows[~is_poor])
    found = Matches.joined([Matches.identical(same), matches(surveyed.thumbnails[shown]).among(shown)])
    pairs = np.concatenate([files, found.rows])
    apart = np.concatenate([np.zeros(len(files), np.float32), found.distances])
    kinds = [Kind.SAME_FILE] * len(files) + _kinds(surveyed, found)
    order = np.argsort(np.concatenate([np.zeros(len(files)), found.shares]), kind="stable")
    return Copies(
        np.sort(pairs[order], axis=1), tuple(kinds[place] for place in order.tolist()), apart[order], int(is_poor.sum())
    )


def _is_poor(surveyed: Surveyed, rows: Rows) -> npt.NDArray[np.bool_]:
    """Return which pictures show too little to be told by, (n,)."""
    is_small = surveyed.sizes[rows].min(axis=1) < SMALL
    is_poor: npt.NDArray[np.bool_] = is_small | (surveyed.deviations[rows] < FLAT)
    return is_poor


class _Contents(Protocol):
    """Anything that says of each row what it holds."""

    def __getitem__(self, row: int, /) -> Hashable: ...


def _first_of(contents: _Contents, rows: Rows) -> tuple[Rows, Rows]:
    """Return the first row of each content, ascending, and (n, 2) the first row beside each further one."""
    first = dict[Hashable, int]()
    pairs = [(first.setdefault(contents[row], row), row) for row in rows.tolist()]
    further = [pair for pair in pairs if pair[0] != pair[1]]
    return np.fromiter(first.values(), np.int64), np.array(further, np.int64).reshape(-1, 2)


@dataclass(frozen=True, eq=False)
class _Thumbnails:
    """What each thumbnail holds, as a sum that the same pixels alone have."""

    thumbnails: Pixels

    def __getitem__(self, row: int) -> bytes:
        return hashlib.blake2b(self.thumbnails[row].tobytes(), digest_size=16).digest()


def _kinds(surveyed: Surveyed, found: Matches) -> list[Kind]:
    kinds = list[Kind]()
    for piece in pieces(len(found.rows), PAIRS_A_TIME):
        some = found.at(piece)
        first, second = some.thumbnails(surveyed.thumbnails)
        sides = surveyed.sizes[some.rows]
        resized = (np.sort(sides[:, 0], axis=1) != np.sort(sides[:, 1], axis=1)).any(axis=1)
        kinds += kinds_of(first, second, some.alignment, orientations=some.orientations, resized=resized)
    return kinds
