"""Pairs of pictures that may be copies, by what their thumbnails look like from afar.

A picture asks with its whole for one of which it shows the whole, the middle, a corner or all but a strip, so that
small crops, borders and captions that were added are found; and in an order of its own for one that was mirrored or
turned. Captions that were laid over both ends are found by what is above or below.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from sightline.core.pieces import pieces
from sightline.data.catalog import Rows
from sightline.data.copies.alignment import resampled
from sightline.data.copies.frames import framed_boxes
from sightline.data.copies.neighbours import Effort, neighbours
from sightline.data.copies.orientations import standing
from sightline.data.copies.spectra import BITS, WHOLE, Box, Floats, Spectra, codes_of, likeness, spectra_of
from sightline.imaging.photo import Pixels

UPPER, LOWER = Box(0, 0, 1, 0.83), Box(0, 0.17, 1, 1)
PARTS = (
    WHOLE,
    Box(0.07, 0.07, 0.93, 0.93),
    Box(0, 0, 0.9, 0.9),
    Box(0.1, 0, 1, 0.9),
    Box(0, 0.1, 0.9, 1),
    Box(0.1, 0.1, 1, 1),
    UPPER,
    LOWER,
)
"""Parts of a picture that another may show: measured in docs/benchmarks/near-copies.md."""
SHOWN, TURNED, COVERED = Effort(6, 2, 11), Effort(4, 0, 8), Effort(4, 1, 9)
LEAST_LIKENESS, LEAST_TURNED = 0.72, 0.6
"""Of pairs that are looked at: fewer of those that were turned are found, so that they can be given a wider berth."""
PAIRS_A_TIME = 2**15
MOST_FOR_ONE = 4
"""Candidates of a picture that are looked at, the likeliest first, so that many like each other cost no more."""
_NOTHING = (((), np.int64), ((), np.int64), ((4,), np.float32), ((2,), np.int8), ((), np.float32))


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pairs of rows, the first of which may show a part of the second.

    Args:
        first: (P,) int64.
        second: (P,) int64.
        boxes: (P, 4) float32: left, top, right and bottom of that part, in shares of the second.
        orientations: (P, 2) int8, how both are to be turned first, as `orientations.turned` has it.
        likeness: (P,) float32, of what they look like from afar, up to 1.
    """

    first: Rows
    second: Rows
    boxes: Floats
    orientations: npt.NDArray[np.int8]
    likeness: Floats

    @property
    def rows(self) -> Rows:
        """(P, 2) int64."""
        return np.stack([self.first, self.second], axis=1)

    def at(self, places: slice | Rows) -> "Candidates":
        """Return some of the pairs."""
        return Candidates(*(getattr(self, field.name)[places] for field in fields(self)))


def candidates(thumbnails: Pixels) -> Candidates:
    """Return the likeliest pairs, none twice.

    Args:
        thumbnails: (N, 32, 32) uint8, none of them flat.
    """
    if not len(thumbnails):
        return Candidates(*(np.empty((0, *shape), kind) for shape, kind in _NOTHING))
    searches = (_shown_parts(thumbnails), _turned(thumbnails), *(_covered(thumbnails, box) for box in (UPPER, LOWER)))
    return _likeliest(_joined([found for search in searches for found in search]))


def _shown_parts(thumbnails: Pixels) -> Iterator[Candidates]:
    """Yield pairs of which the first shows the second, or a part of it."""
    count = len(thumbnails)
    framed, inside = framed_boxes(thumbnails)
    unframed = spectra_of(cut_out(thumbnails[framed], inside), (WHOLE,))[0]
    kept = np.concatenate([spectra_of(thumbnails, PARTS).reshape(-1, BITS), unframed])
    whole = kept[:count]
    rows = np.concatenate([np.tile(np.arange(count), len(PARTS)), framed])
    for asked, found in neighbours(codes_of(whole), codes_of(kept), spectra=whole, effort=SHOWN, pictures=count):
        others = np.flatnonzero(asked != rows[found])  # most find themselves
        asked, found = asked[others], found[others]  # noqa: PLW2901
        similar = _likenesses(whole, asked, kept, found)
        chosen = np.flatnonzero(similar >= LEAST_LIKENESS)
        yield _upright(asked[chosen], rows[found[chosen]], _boxes_of(found[chosen], count, inside), similar[chosen])


def _turned(thumbnails: Pixels) -> Iterator[Candidates]:
    """Yield pairs that are alike once both stand in their own orientations."""
    spectra, rows, orientations = standing(spectra_of(thumbnails, (WHOLE,))[0])
    codes = codes_of(spectra)
    for asked, found in neighbours(codes, codes, spectra=None, effort=TURNED, pictures=len(thumbnails)):
        is_new = rows[asked] < rows[found]
        first, second = asked[is_new], found[is_new]
        similar = _likenesses(spectra, first, spectra, second)
        chosen = np.flatnonzero(similar >= LEAST_TURNED)
        first, second = first[chosen], second[chosen]
        turns = np.stack([orientations[first], orientations[second]], axis=1)
        yield Candidates(rows[first], rows[second], _whole_boxes(len(first)), turns, similar[chosen])


def _covered(thumbnails: Pixels, box: Box) -> Iterator[Candidates]:
    """Yield pairs that are alike within a box, whatever stands outside of it."""
    spectra = spectra_of(thumbnails, (box,))[0]
    codes = codes_of(spectra)
    for asked, found in neighbours(codes, codes, spectra=spectra, effort=COVERED, pictures=len(thumbnails)):
        is_new = asked < found
        first, second = asked[is_new], found[is_new]
        similar = _likenesses(spectra, first, spectra, second)
        chosen = np.flatnonzero(similar >= LEAST_LIKENESS)
        yield _upright(first[chosen], second[chosen], _whole_boxes(len(chosen)), similar[chosen])


def cut_out(thumbnails: Pixels, boxes: Floats) -> Pixels:
    """Return a part of each thumbnail at the size of the whole, (n, 32, 32) uint8."""
    return np.rint(resampled(thumbnails.astype(np.float32), boxes)[0]).astype(np.uint8)


def _likenesses(asking: Spectra, asked: Rows, kept: Spectra, found: Rows) -> Floats:
    similar = np.empty(len(asked), np.float32)
    for piece in pieces(len(asked), PAIRS_A_TIME):
        similar[piece] = likeness(asking[asked[piece]], kept[found[piece]])
    return similar


def _upright(first: Rows, second: Rows, boxes: Floats, similar: Floats) -> Candidates:
    return Candidates(first, second, boxes, np.zeros((len(first), 2), np.int8), similar)


def _boxes_of(places: Rows, count: int, inside: Floats) -> Floats:
    """Return (n, 4) the boxes of kept spectra: of each part of `count` pictures, then of those inside of frames."""
    parts = places // count
    boxes = np.array(PARTS, np.float32)[np.minimum(parts, len(PARTS) - 1)]
    is_framed = parts >= len(PARTS)
    boxes[is_framed] = inside[places[is_framed] - count * len(PARTS)]
    return boxes


def _whole_boxes(count: int) -> Floats:
    return np.tile(np.array(WHOLE, np.float32), (count, 1))


def _joined(parts: list[Candidates]) -> Candidates:
    names = [field.name for field in fields(Candidates)]
    return Candidates(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _likeliest(every: Candidates) -> Candidates:
    """Return each pair once, as it is likeliest, if it is among the likeliest of one of its two pictures."""
    low, high = np.minimum(every.first, every.second), np.maximum(every.first, every.second)
    order = np.lexsort((-every.likeness, high, low))
    is_new = np.diff(low[order], prepend=-1).astype(np.bool_) | np.diff(high[order], prepend=-1).astype(np.bool_)
    once = every.at(order[is_new])
    count = len(once.first)
    ends = np.concatenate([once.first, once.second])
    order = np.lexsort((-np.tile(once.likeness, 2), ends))
    start = np.flatnonzero(np.diff(ends[order], prepend=-1))
    rank = np.arange(2 * count) - np.repeat(start, np.diff(start, append=2 * count))
    return once.at(np.unique(order[rank < MOST_FOR_ONE] % max(count, 1)))
