"""Pictures that are unlike the others in a way that seldom is meant: black, blurred, drawn, framed, tiny and the like.

How many sound pictures each threshold names, and how many of those that were changed, is measured in
docs/benchmarks/picture-quality.md; the thresholds were set on hymenoptera and the test pictures of CIFAR-10.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightline.core.findings import Finding, Severity
from sightline.core.pieces import pieces
from sightline.data.health.outliers import BOUND, middle_and_deviation
from sightline.data.survey.record import Surveyed
from sightline.imaging.photo import Pixels
from sightline.imaging.sharpness import UNKNOWN, sharpnesses
from sightline.imaging.thumbnail import SIDE

DARK, BRIGHT = 16.0, 244.0
"""Means of a thumbnail: 16 is where video begins to call a level black (ITU-R BT.601); 244 is as far from white, and
one in 10,000 pictures of CIFAR-10 is brighter."""
EMPTY = 3.0
"""Levels of deviation in a thumbnail; none of those 10,000 pictures has less than 7."""
FRAME = 2
"""Lines of one colour at all four edges of a thumbnail, a sixteenth of both sides: 0.4 % of CIFAR-10 have them."""
DRAWN = 0.5
"""Share of a thumbnail's pixels that equal the next one exactly, though it has several colours: 0.3 % of CIFAR-10."""
LEAST_DEVIATION = 0.08
"""Of the median sharpness, what a deviation counts at least: that of photos, so that in a set of one kind of drawing or
noise, which is equally sharp throughout, not every other picture is an outlier."""
NARROW = 3.0
"""Times as far from a square as the median picture: between a photo of 4:3 and a strip of 4:1, cut from a panorama."""
TINY = 8.0
"""Times as short as the median picture, in its shorter side: the smallest copy of a photo that a camera keeps in its
EXIF data, 120 pixels high, beside the photo of 1,000."""
USUAL = 0.1
"""Where more of a data set is so, it is what the set is like."""
FEWEST_PLAIN = 5
"""Pictures of one colour that are many, however few there are in all."""
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
    uniform: Flags = surveyed.deviations < EMPTY
    return uniform


def _has_whole_thumbnail(surveyed: Surveyed) -> Flags:
    """Return which pictures have a thumbnail that is no larger than they are: an enlarged one shows pixels twice."""
    whole: Flags = surveyed.sizes.min(axis=1) >= SIDE
    return whole


def _is_framed(surveyed: Surveyed) -> Flags:
    framed: Flags = surveyed.borders.min(axis=1) >= FRAME
    return framed & ~_has_one_colour(surveyed)


def _is_empty(surveyed: Surveyed) -> Flags:
    return _has_one_colour(surveyed) & ~_is_dark(surveyed) & ~_is_bright(surveyed)


def _is_drawn(surveyed: Surveyed) -> Flags:
    equal = np.zeros(len(surveyed.thumbnails))
    for piece in pieces(len(equal), ROWS_A_TIME):
        some = surveyed.thumbnails[piece]
        equal[piece] = (some[:, :, 1:] == some[:, :, :-1]).mean(axis=(1, 2))
    drawn: Flags = equal > DRAWN
    return drawn & _has_whole_thumbnail(surveyed) & ~_has_one_colour(surveyed) & ~_is_framed(surveyed)


def _is_blurred(surveyed: Surveyed) -> Flags:
    """Return which pictures are outliers, far less sharp than the median one: 0.1 % of CIFAR-10."""
    measured = surveyed.sharpness.copy()
    asked = np.flatnonzero(measured == UNKNOWN)
    measured[asked] = sharpnesses(surveyed.thumbnails[asked])
    judged: Flags = surveyed.usable & _has_whole_thumbnail(surveyed) & ~_has_one_colour(surveyed)
    if not judged.any():
        return judged
    middle, deviation = middle_and_deviation(measured[judged])
    blurred: Flags = judged & (middle - measured > BOUND * max(deviation, LEAST_DEVIATION * middle))
    return blurred


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
    Quality("drawn-picture", "with wide areas of exactly one colour, as screenshots and drawings have it", _is_drawn),
    Quality("blurred-picture", "far less sharp than the others", _is_blurred),
    Quality("narrow-picture", "of quite another shape than the others", _is_narrow),
    Quality("tiny-picture", "far smaller than the others", _is_tiny),
)
"""What is looked for."""


def picture_quality(surveyed: Surveyed) -> Iterator[Finding]:
    """Find pictures that are unlike the others, kind by kind, none where a tenth of the set is so; and plain ones."""
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
    plain = np.flatnonzero(_is_empty(surveyed) & usable).tolist()
    if len(plain) >= FEWEST_PLAIN and len(plain) > USUAL * usable.sum():
        yield Finding(
            "plain-pictures",
            Severity.NOTE,
            f"pictures of one colour: {len(plain):,} of {usable.sum():,}, so their colour is all that can be learnt",
            "look at how they were saved, if they should show more",
            tuple(surveyed.catalog.paths[row] for row in plain),
        )
