"""Pairs of thumbnails that are near copies: the likely ones, laid over each other."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from threadpoolctl import threadpool_limits

from sightline.core.pieces import pieces
from sightline.core.runtimes import core_count
from sightline.data.catalog import Rows
from sightline.data.copies.alignment import Alignment, align, distances
from sightline.data.copies.candidates import Candidates, candidates
from sightline.data.copies.limits import BULK, limits_of, spreads_of
from sightline.data.copies.orientations import Orientations, turned
from sightline.data.copies.spectra import WHOLE, Floats, halved
from sightline.imaging.photo import Pixels

WORTH_A_LOOK = 0.3
"""The misfit of halved thumbnails above which nobody looks at the whole ones."""
WORTH_A_STEP = 0.6
"""The distance between whole ones, as the halved ones lie, from which on no further step brings them near."""
FIRST_STEPS, FURTHER_STEPS = (0.6, 0.5), (np.inf, np.inf)
"""The misfits above which a pair takes no further step: of 1,000 pairs of copies, one is lost to them."""
PAIRS_A_TASK = 2048


@dataclass(frozen=True, eq=False)
class Matches:
    """Pairs of thumbnails that are near copies.

    Args:
        rows: (P, 2) int64.
        orientations: (P, 2) int8, how both are turned before they fit.
        alignment: How they lie then.
        distances: (P,) float32 from 0, the same pixels, to `limits.MOST_APART`.
        shares: (P,) float32 from 0 to 1, the distance as a share of the limit for pictures of so much detail.
    """

    rows: Rows
    orientations: Orientations
    alignment: Alignment
    distances: Floats
    shares: Floats

    @classmethod
    def identical(cls, rows: Rows) -> Self:
        """Return pairs, (P, 2), as they are when both show the same."""
        count = len(rows)
        alignment = Alignment(
            np.tile(np.array(WHOLE, np.float32), (count, 1)), np.ones(count, np.float32), np.zeros(count, np.float32)
        )
        nothing = np.zeros(count, np.float32)
        return cls(rows, np.zeros((count, 2), np.int8), alignment, nothing, nothing)

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """Return several as one."""
        names = ("rows", "orientations", "distances", "shares")
        rows, orientations, apart, shares = (np.concatenate([getattr(part, name) for part in parts]) for name in names)
        return cls(rows, orientations, Alignment.joined([part.alignment for part in parts]), apart, shares)

    def among(self, rows: Rows) -> Self:
        """Return the same pairs for thumbnails that stood at these rows of a larger table."""
        return replace(self, rows=rows[self.rows])

    def at(self, places: slice | Rows) -> Self:
        """Return some of the pairs."""
        some = self.alignment.at(places)
        orientations, apart = self.orientations[places], self.distances[places]
        return type(self)(self.rows[places], orientations, some, apart, self.shares[places])

    def thumbnails(self, every: Pixels) -> tuple[Pixels, Pixels]:
        """Return the first and the second of each pair, turned as they fit, (P, 32, 32) both."""
        return pair_of(every, self.rows, self.orientations)


def matches(thumbnails: Pixels) -> Matches:
    """Find the pairs of thumbnails that are near copies, on all cores.

    Args:
        thumbnails: (N, 32, 32) uint8, none of them flat.
    """
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(core_count()) as threads:  # its own would spin beside these
        likely = candidates(thumbnails)
        some = pieces(len(likely.first), PAIRS_A_TASK)
        parts = threads.map(lambda piece: _matched(thumbnails, likely.at(piece)), some)
        found = Matches.joined([Matches.identical(np.empty((0, 2), np.int64)), *parts])
    spreads = [spreads_of(thumbnails[found.rows[:, end]]) for end in (0, 1)]
    limits = limits_of(found.distances, np.minimum(*spreads), pictures=len(thumbnails))
    shares = (found.distances / np.maximum(limits, 1e-6)).astype(np.float32)
    return replace(found, shares=shares).at(np.flatnonzero(found.distances < limits))


def pair_of(thumbnails: Pixels, rows: Rows, orientations: Orientations) -> tuple[Pixels, Pixels]:
    """Return both thumbnails of pairs, each turned as is said of it.

    Args:
        thumbnails: (N, 32, 32) uint8.
        rows: (P, 2) int64.
        orientations: (P, 2) int8.
    """
    first, second = (turned(thumbnails[rows[:, end]], orientations[:, end]) for end in (0, 1))
    return first, second


def _matched(thumbnails: Pixels, likely: Candidates) -> Matches:
    """Lay pairs over each other, halved at first, and return those that are near."""
    first, second = pair_of(thumbnails, likely.rows, likely.orientations)
    rough = align(halved(first), halved(second), likely.boxes, steps=FIRST_STEPS)
    near = np.flatnonzero(rough.misfits < WORTH_A_LOOK)
    near = near[distances(first[near], second[near], rough.at(near)) < WORTH_A_STEP]
    first, second = first[near], second[near]
    alignment = align(first, second, rough.boxes[near], steps=FURTHER_STEPS)
    apart = distances(first, second, alignment)
    fit = np.flatnonzero(apart < BULK)
    found = near[fit]
    return Matches(likely.rows[found], likely.orientations[found], alignment.at(fit), apart[fit], apart[fit])
