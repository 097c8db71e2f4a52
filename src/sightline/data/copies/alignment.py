"""Laying one thumbnail over another: where it lies, by how much it is brighter, and what is left between the two.

Many pairs at once: Gauss-Newton steps find the part of the second thumbnail that the first one shows, and the gain and
offset between them, from the three quarters of the pixels that fit best. So neither a caption nor a change of
brightness counts as distance. The distance itself is taken over details of three to seven pixels: coarser ones are
alike in many pictures of ships at sea, finer ones are noise of JPEG.

References:
    Lucas and Kanade, "An Iterative Image Registration Technique with an Application to Stereo Vision" (1981).
    https://www.ri.cmu.edu/pub_files/pub3/lucas_bruce_d_1981_2/lucas_bruce_d_1981_2.pdf
    Rousseeuw, "Least Median of Squares Regression" (1984), for its least trimmed squares.
    https://doi.org/10.1080/01621459.1984.10477105
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Self

import numpy as np

from sightline.core.pieces import pieces
from sightline.data.catalog import Rows
from sightline.data.copies.spectra import Floats
from sightline.imaging.photo import Pixels

KEPT, KEPT_DETAILS = 0.75, 0.8
"""Share of the pixels, and of the details, that count: a caption covers less than the rest."""
FINE, COARSE = 1, 3
"""Pixels at each side of one that are averaged: details lie between the two averages."""
LEAST_SHOWN = 0.5
"""Share of the first thumbnail that must lie inside of the second."""
NOTHING_FITS = 9.0
"""The distance where less does."""
LEAST_GAIN, MOST_GAIN = 1 / 3, 3.0
LEAST_SIDE, MOST_SIDE = 0.6, 1.7
LONGEST_STEP = 0.06
"""Of a side, at once: where the pixels say little, a longer step leaps away."""
DAMPING = 1e-4
PARAMETERS = 6
"""Of a fit: left, width, top, height, gain and offset."""
PIXELS_A_TIME = 2**17
"""So few that their numbers stay near the processor."""


@dataclass(frozen=True, eq=False)
class Alignment:
    """How pairs of thumbnails lie, and how well they fit.

    Args:
        boxes: (P, 4) float32: left, top, right and bottom of the part of the second that the first shows.
        gains: (P,) float32: the first is the second times this, and an offset.
        misfits: (P,) float32: what is left between the kept pixels, as a share of what they vary.
    """

    boxes: Floats
    gains: Floats
    misfits: Floats

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """Return several as one."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    def at(self, places: slice | Rows) -> Self:
        """Return some of the pairs."""
        return type(self)(*(getattr(self, field.name)[places] for field in fields(self)))

    def improve(self, places: Rows, other: Self) -> None:
        """Take over what fits better.

        Args:
            places: (n,) of the pairs that the other one holds.
            other: Another alignment of some of the pairs.
        """
        better = np.flatnonzero(other.misfits < self.misfits[places])
        for field in fields(self):
            getattr(self, field.name)[places[better]] = getattr(other, field.name)[better]


def align(first: Pixels | Floats, second: Pixels | Floats, boxes: Floats, *, steps: Sequence[float]) -> Alignment:
    """Lay first thumbnails over second ones.

    Args:
        first: (P, S, S), grey from 0 to 255.
        second: (P, S, S), the same.
        boxes: (P, 4) float32, about which part of the second each first one shows.
        steps: Misfits, one for each step by which that is improved; a pair that fits less takes it no more.
    """
    nothing = Alignment(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.float32))
    some = pieces(len(first), _pairs_a_time(first))
    return Alignment.joined([nothing, *(_aligned(first[piece], second[piece], boxes[piece], steps) for piece in some)])


def distances(first: Pixels, second: Pixels, alignment: Alignment) -> Floats:
    """Return what is left of the details that the first thumbnails share with the second ones, (P,) float32.

    0 for the same picture, below 0.3 for copies, mostly above 0.4 for two pictures, at most `NOTHING_FITS`.

    Args:
        first: (P, S, S) uint8.
        second: (P, S, S) uint8.
        alignment: How they lie over each other.
    """
    apart = np.empty(len(first), np.float32)
    for piece in pieces(len(first), _pairs_a_time(first)):
        one, other = first[piece].astype(np.float32), second[piece].astype(np.float32)
        apart[piece] = _distances(one, other, alignment.boxes[piece], alignment.gains[piece])
    return apart


def _distances(one: Floats, other: Floats, boxes: Floats, gains: Floats) -> Floats:
    shown, inside = resampled(other, boxes)
    first = details_of(one).reshape(len(one), -1)
    second = (details_of(shown) * gains[:, None, None]).reshape(len(one), -1)
    kept = _nearest(np.abs(first - second), inside.reshape(len(one), -1), KEPT_DETAILS)
    left = np.einsum("pn,pn->p", kept, (first - second) ** 2)
    there = [np.einsum("pn,pn->p", kept, details**2) for details in (first, second)]
    apart = np.sqrt(left / np.maximum(np.minimum(*there), 1))
    apart[inside.mean(axis=(1, 2)) < LEAST_SHOWN] = NOTHING_FITS
    shares: Floats = np.minimum(apart, NOTHING_FITS)
    return shares


def details_of(pictures: Floats) -> Floats:
    """Return what is finer than one average and coarser than another, (P, S, S)."""
    details: Floats = _averaged(pictures, FINE) - _averaged(pictures, COARSE + FINE)
    return details


def _averaged(pictures: Floats, reach: int) -> Floats:
    """Return the mean of each pixel and those up to so many to each side, (P, S, S)."""
    average = _average(pictures.shape[1], reach)
    averaged: Floats = np.matmul(np.matmul(average, pictures), average.T)
    return averaged


@cache
def _average(side: int, reach: int) -> Floats:
    """Return (S, S) what makes of a line the mean of each pixel and its neighbours; the edge is repeated."""
    average = np.zeros((side, side), np.float32)
    for shift in range(-reach, reach + 1):
        average[np.arange(side), np.clip(np.arange(side) + shift, 0, side - 1)] += 1 / (2 * reach + 1)
    return average


def resampled(pictures: Floats, boxes: Floats) -> tuple[Floats, Floats]:
    """Return a part of each picture at the size of the whole, (P, S, S), and 1 for each of its pixels that lies inside.

    Args:
        pictures: (P, S, S), what parts are cut out of.
        boxes: (P, 4), of which part, in shares of the sides; what lies outside repeats the edge.
    """
    side = pictures.shape[1]
    across, inside_across = _places(boxes[:, 0], boxes[:, 2], side)
    down, inside_down = _places(boxes[:, 1], boxes[:, 3], side)
    shown: Floats = np.matmul(np.matmul(_weights(down), pictures), _weights(across).transpose(0, 2, 1))
    return shown, inside_down[:, :, None] * inside_across[:, None, :]


def _places(low: Floats, high: Floats, side: int) -> tuple[Floats, Floats]:
    """Return where the middles of so many pixels lie between two shares, in pixels, (P, S), and 1 for those inside."""
    steps = ((np.arange(side) + 0.5) / side).astype(np.float32)
    places = (low[:, None] + (high - low)[:, None] * steps) * side - 0.5
    is_inside = (places > -0.51) & (places < side - 0.49)  # noqa: PLR2004 - half a pixel, and rounding
    return np.clip(places, 0, side - 1), is_inside.astype(np.float32)


def _weights(places: Floats) -> Floats:
    """Return what each pixel of a line counts at some places, (P, S, S), by linear interpolation."""
    weights = places[:, :, None] - np.arange(places.shape[1], dtype=np.float32)
    np.abs(weights, out=weights)
    np.subtract(1, weights, out=weights)
    return np.maximum(weights, 0, out=weights)


@dataclass(frozen=True, eq=False)
class _Fit:
    """The first thumbnails as a gain and an offset of the second ones, where they lie.

    Args:
        shown: (P, S, S) float32, the second ones there.
        kept: (P, S * S) float32, 1 for each pixel that counts.
        left: (P, S * S) float32, what is left of the first ones.
        alignment: How well that fits.
    """

    shown: Floats
    kept: Floats
    left: Floats
    alignment: Alignment

    def at(self, places: Rows) -> "_Fit":
        """Return some of the pairs."""
        return _Fit(self.shown[places], self.kept[places], self.left[places], self.alignment.at(places))


def _pairs_a_time(thumbnails: Pixels | Floats) -> int:
    return PIXELS_A_TIME // thumbnails[0].size if len(thumbnails) else 1


def _aligned(first: Pixels | Floats, second: Pixels | Floats, boxes: Floats, steps: Sequence[float]) -> Alignment:
    one, other = first.astype(np.float32), second.astype(np.float32)
    fit = _fit(one, other, boxes.copy())
    best, rows = fit.alignment, np.arange(len(first))
    for most in steps:
        promising = np.flatnonzero(best.misfits[rows] <= most)
        if not len(promising):
            break
        rows = rows[promising]
        fit = _fit(one[rows], other[rows], _improved(fit.at(promising)))
        best.improve(rows, fit.alignment)
    return best


def _fit(first: Floats, second: Floats, boxes: Floats) -> _Fit:
    """Fit gain and offset by least trimmed squares, in two rounds of which the second one trims."""
    shown, inside = resampled(second, boxes)
    one, other, inside = (some.reshape(len(first), -1) for some in (first, shown, inside))
    gains, left, _ = _line(one, other, inside)
    kept = _nearest(np.abs(left), inside, KEPT)
    gains, left, varies = _line(one, other, kept)
    squares = np.einsum("pn,pn->p", kept * left, left) / np.maximum(kept.sum(axis=1), 1)
    misfits = np.sqrt(squares / np.maximum(varies, 1))
    misfits[inside.mean(axis=1) < LEAST_SHOWN] = NOTHING_FITS
    return _Fit(shown, kept, left, Alignment(boxes, gains, misfits))


def _line(one: Floats, other: Floats, kept: Floats) -> tuple[Floats, Floats, Floats]:
    """Return gains (P,), what is left of each pixel (P, n), and the lesser variance of the kept ones (P,)."""
    count = np.maximum(kept.sum(axis=1), 1)
    first = one - (np.einsum("pn,pn->p", kept, one) / count)[:, None]
    second = other - (np.einsum("pn,pn->p", kept, other) / count)[:, None]
    weighted = kept * second
    second_varies = np.einsum("pn,pn->p", weighted, second) / count
    first_varies = np.einsum("pn,pn->p", kept * first, first) / count
    together = np.einsum("pn,pn->p", weighted, first) / count
    gains = np.clip(together / np.maximum(second_varies, 1), LEAST_GAIN, MOST_GAIN)
    return gains, first - gains[:, None] * second, np.minimum(first_varies, gains**2 * second_varies)


def _nearest(left: Floats, inside: Floats, share: float) -> Floats:
    """Return 1 for the share of the pixels inside that fits best, (P, n) float32."""
    ordered = np.sort(np.where(inside, left, np.float32(np.inf)), axis=1)
    last = np.maximum((share * inside.sum(axis=1)).astype(np.int64) - 1, 0)
    limits = ordered[np.arange(len(left)), last]
    nearest: Floats = inside * (left <= limits[:, None])
    return nearest


def _improved(fit: _Fit) -> Floats:
    """Return boxes after a Gauss-Newton step in left, width, top, height, gain and offset."""
    count, side, _ = fit.shown.shape
    gains = fit.alignment.gains[:, None, None]
    left, top, right, bottom = fit.alignment.boxes.T
    width, height = right - left, bottom - top
    steps = ((np.arange(side) + 0.5) / side).astype(np.float32)
    maps = np.empty((count, PARAMETERS, side, side), np.float32)
    np.multiply(np.gradient(fit.shown, axis=2), side * gains / width[:, None, None], out=maps[:, 0])
    np.multiply(np.gradient(fit.shown, axis=1), side * gains / height[:, None, None], out=maps[:, 2])
    np.multiply(maps[:, 0], steps, out=maps[:, 1])
    np.multiply(maps[:, 2], steps[:, None], out=maps[:, 3])
    means = fit.shown.reshape(count, -1).mean(axis=1)
    np.subtract(fit.shown, means[:, None, None], out=maps[:, 4])
    maps[:, 5] = 1
    slopes = maps.reshape(count, PARAMETERS, -1)
    weighted = slopes * fit.kept[:, None, :]
    normal = weighted @ slopes.transpose(0, 2, 1)
    damping = DAMPING * np.trace(normal, axis1=1, axis2=2) / PARAMETERS + 1e-3
    normal += np.eye(PARAMETERS, dtype=np.float32) * damping[:, None, None]
    step = np.linalg.solve(normal, weighted @ fit.left[:, :, None])[:, :4, 0]
    left_step, width_step, top_step, height_step = np.clip(step, -LONGEST_STEP, LONGEST_STEP).T
    left, top = left + left_step, top + top_step
    width, height = (
        np.clip(old + new, LEAST_SIDE, MOST_SIDE) for old, new in ((width, width_step), (height, height_step))
    )
    boxes: Floats = np.stack([left, top, left + width, top + height], axis=1).astype(np.float32)
    return boxes
