"""Pictures that are unlike the others in a way that seldom is meant: dark, bright, empty, framed, narrow or tiny."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightline.core.findings import Finding, Severity
from sightline.core.pieces import pieces
from sightline.data.copies.frames import frame_widths
from sightline.data.survey.record import Surveyed
from sightline.imaging.photo import Pixels
from sightline.imaging.thumbnail import deviations

DARK, BRIGHT, EMPTY = 16.0, 244.0, 3.0
"""Levels of a thumbnail: the mean of a black and of a white picture, and the deviation of one of a single colour."""
FRAME = 2
"""Lines of a thumbnail at all four edges: a twelfth of both sides, so no few pixels of a scan."""
NARROW = 3.0
"""Times as far from a square as the median picture: cut from a panorama or a page."""
TINY = 8.0
"""Times as short as the median picture, in its shorter side: a thumbnail among photos."""
USUAL = 0.1
"""Where more of a data set is so, it is what the set is like."""
ROWS_A_TIME = 4096

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Quality:
    """One way in which a picture can be unlike the others.

    Args:
        code: What the finding is called.
        words: What the pictures are.
        holds: Returns (N,) which pictures are so.
    """

    code: str
    words: str
    holds: Callable[[Surveyed], Flags]


def _per_thumbnail(measure: Callable[[Pixels], Flags]) -> Callable[[Surveyed], Flags]:
    """Return what asks every thumbnail of a survey, some at a time."""

    def holds(surveyed: Surveyed) -> Flags:
        flags = np.zeros(len(surveyed.thumbnails), dtype=np.bool_)
        for piece in pieces(len(flags), ROWS_A_TIME):
            flags[piece] = measure(surveyed.thumbnails[piece].reshape(-1, surveyed.thumbnails[0].size))
        return flags

    return holds


def _has_one_colour(surveyed: Surveyed) -> Flags:
    uniform: Flags = deviations(surveyed.thumbnails) < EMPTY
    return uniform


def _is_framed(surveyed: Surveyed) -> Flags:
    framed: Flags = frame_widths(surveyed.thumbnails).min(axis=1) >= FRAME
    return framed & ~_has_one_colour(surveyed)


def _is_empty(surveyed: Surveyed) -> Flags:
    return _has_one_colour(surveyed) & ~_is_dark(surveyed) & ~_is_bright(surveyed)


def _is_narrow(surveyed: Surveyed) -> Flags:
    sides = np.maximum(surveyed.sizes, 1)
    ratios = np.log(sides[:, 0] / sides[:, 1])
    narrow: Flags = np.abs(ratios - np.median(ratios[surveyed.usable])) > float(np.log(NARROW))
    return narrow


def _is_tiny(surveyed: Surveyed) -> Flags:
    tiny: Flags = surveyed.sizes.min(axis=1) * TINY < float(min(surveyed.median_size))
    return tiny


_is_dark = _per_thumbnail(lambda pixels: pixels.mean(axis=1) < DARK)
_is_bright = _per_thumbnail(lambda pixels: pixels.mean(axis=1) > BRIGHT)

QUALITIES = (
    Quality("dark-picture", "nearly black", _is_dark),
    Quality("bright-picture", "nearly white", _is_bright),
    Quality("empty-picture", "of one colour", _is_empty),
    Quality("framed-picture", "in a frame of one colour, as screenshots and scans have it", _is_framed),
    Quality("narrow-picture", "of quite another shape than the others", _is_narrow),
    Quality("tiny-picture", "far smaller than the others", _is_tiny),
)
"""What is looked for."""


def picture_quality(surveyed: Surveyed) -> Iterator[Finding]:
    """Find pictures that are unlike the others, kind by kind; none where a tenth of the set is so."""
    usable = surveyed.usable
    if not usable.any():
        return
    for quality in QUALITIES:
        rows = np.flatnonzero(quality.holds(surveyed) & usable).tolist()
        if 0 < len(rows) <= USUAL * usable.sum():
            yield Finding(
                quality.code,
                Severity.NOTE,
                f"pictures {quality.words}: {len(rows):,} of {usable.sum():,}",
                "look at them, and delete or mend those that are not meant",
                tuple(surveyed.catalog.paths[row] for row in rows),
            )
