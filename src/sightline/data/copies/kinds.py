"""What one of two near copies is to the other."""

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from sightline.data.copies.alignment import Alignment
from sightline.data.copies.frames import frame_widths
from sightline.data.copies.orientations import Orientations, is_mirrored
from sightline.data.copies.spectra import WHOLE, Floats
from sightline.imaging.photo import Pixels
from sightline.imaging.sharpness import sharpnesses

MOVED = 0.035
"""Of a side: what an edge must lie apart to be cut off, or to have been added."""
GAIN, OFFSET = 0.08, 8.0
"""What contrast and brightness, in levels, must differ by."""
SOFTER = 0.2
"""What the logarithm of the sharpness must differ by; most blurs that spread a point over 2 % of a side are beyond."""
STRIP = 6
"""Lines of a thumbnail at its top and bottom where a caption would be."""
LEAST_SHARP = 1e-3
CAPTION = 3.0
"""How many times more such a strip must differ than the middle does, and by at least so many levels times this."""

Flags = npt.NDArray[np.bool_]


class Kind(StrEnum):
    """The largest difference between two near copies, in the order in which it is looked for."""

    SAME_FILE = "same file"
    MIRRORED = "mirrored"
    TURNED = "turned"
    FRAMED = "border"
    CAPTIONED = "caption"
    CROPPED = "cropped"
    SOFTENED = "sharpness"
    BRIGHTENED = "brightness"
    RESIZED = "resized"
    RECODED = "re-encoded"


def kinds_of(
    first: Pixels, second: Pixels, alignment: Alignment, *, orientations: Orientations, resized: Flags
) -> tuple[Kind, ...]:
    """Return the kind of each pair.

    Args:
        first: (P, 32, 32) uint8, both turned as they were aligned.
        second: (P, 32, 32) uint8.
        alignment: How they lie over each other.
        orientations: (P, 2), how they were turned.
        resized: (P,) whether their sizes differ.
    """
    is_moved, is_framed, is_added = _edges(first, second, alignment.boxes)
    turns = orientations[:, 0] != orientations[:, 1]
    mirrored = is_mirrored(orientations[:, 0], orientations[:, 1])
    conditions = [
        (Kind.MIRRORED, turns & mirrored),
        (Kind.TURNED, turns),
        (Kind.FRAMED, is_framed),
        (Kind.CAPTIONED, is_added | _has_strip(first, second, alignment)),
        (Kind.CROPPED, is_moved),
        (Kind.SOFTENED, ~resized & _is_softer(first, second)),  # its contrast differs, too
        (Kind.BRIGHTENED, _is_brighter(first, second, alignment)),
        (Kind.RESIZED, resized),
    ]
    names = [kind for kind, _ in conditions]
    places = np.select([holds for _, holds in conditions], range(len(names)), default=len(names))
    return tuple((*names, Kind.RECODED)[place] for place in places.tolist())


def _edges(first: Pixels, second: Pixels, boxes: Floats) -> tuple[Flags, ...]:
    """Return whether one shows less than the other; less by a frame; and less by a strip at its top or bottom."""
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    cut = np.stack([boxes[:, 0], boxes[:, 1], 1 - boxes[:, 2], 1 - boxes[:, 3]], axis=1)  # of the second
    sides = np.stack([width, height, width, height], axis=1)
    added = -cut / sides  # of the first
    framed = np.zeros(len(first), dtype=np.bool_)
    for more, shares in ((second, cut), (first, added)):
        widths = frame_widths(more) / first.shape[1]
        is_plain = (shares < MOVED) | (widths > shares - MOVED)
        framed |= is_plain.all(axis=1) & ((shares >= MOVED).sum(axis=1) > 1)
    is_moved: Flags = (np.abs(cut) >= MOVED) | (np.abs(added) >= MOVED)
    only_one_end: Flags = (is_moved[:, 1] != is_moved[:, 3]) & ~is_moved[:, 0] & ~is_moved[:, 2]
    return np.logical_or.reduce(is_moved, axis=1), framed, only_one_end & ~framed


def _has_strip(first: Pixels, second: Pixels, alignment: Alignment) -> Flags:
    """Return whether the top or the bottom differs though the rest does not, while both show the same part."""
    gains = alignment.gains[:, None, None]
    left = first.astype(np.float32) - gains * second
    left = np.abs(left - np.median(left, axis=(1, 2), keepdims=True))
    middle = left[:, STRIP:-STRIP].mean(axis=(1, 2))
    strips = np.maximum(left[:, : STRIP // 2].mean(axis=(1, 2)), left[:, -STRIP // 2 :].mean(axis=(1, 2)))
    is_still = np.abs(alignment.boxes - np.array(WHOLE, np.float32)).max(axis=1) < MOVED
    has_strip: Flags = is_still & (strips > CAPTION * np.maximum(middle, CAPTION))
    return has_strip


def _is_softer(first: Pixels, second: Pixels) -> Flags:
    """Return whether one is blurred, or sharpened; how sharp a thumbnail is does not hang on its brightness."""
    sharp = (np.maximum(sharpnesses(pictures), LEAST_SHARP) for pictures in (first, second))
    is_softer: Flags = np.abs(np.subtract(*map(np.log, sharp))) > SOFTER
    return is_softer


def _is_brighter(first: Pixels, second: Pixels, alignment: Alignment) -> Flags:
    offset = np.abs(np.median(first, axis=(1, 2)) - np.median(second, axis=(1, 2)))
    is_brighter: Flags = (np.abs(np.log(alignment.gains)) > GAIN) | (offset > OFFSET)
    return is_brighter
