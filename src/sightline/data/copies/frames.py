"""Frames of one colour around a picture, seen in its thumbnail."""

import numpy as np
import numpy.typing as npt

from sightline.core.pieces import pieces
from sightline.data.copies.spectra import Floats
from sightline.imaging.photo import Pixels
from sightline.imaging.thumbnail import SIDE

WIDEST = SIDE // 4
"""Lines of a thumbnail at each edge that may be a frame."""
PLAIN, SAME = 4.0, 6.0
"""Levels: the deviation within a line of a frame, and how far its mean may be from the outermost line's."""
ROWS_A_TIME = 256
"""So few that their numbers stay near the processor."""


def frame_widths(thumbnails: Pixels) -> npt.NDArray[np.int64]:
    """Return how many lines of one colour each edge has, (N, 4): left, top, right and bottom, at most `WIDEST`.

    Args:
        thumbnails: (N, 32, 32) uint8.
    """
    widths = np.empty((len(thumbnails), 4), np.int64)
    for piece in pieces(len(thumbnails), ROWS_A_TIME):
        rows = thumbnails[piece].astype(np.float32)
        columns = rows.transpose(0, 2, 1)
        edges = (columns, rows, columns[:, ::-1], rows[:, ::-1])
        widths[piece] = np.stack([_plain_lines(lines[:, :WIDEST]) for lines in edges], axis=1)
    return widths


def framed_boxes(thumbnails: Pixels) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the rows of thumbnails with a frame at two opposite edges at least, and (n, 4) the box inside each."""
    widths = frame_widths(thumbnails)
    framed = np.flatnonzero(((widths[:, 0] > 0) & (widths[:, 2] > 0)) | ((widths[:, 1] > 0) & (widths[:, 3] > 0)))
    inset = (widths[framed] + 0.5 * (widths[framed] > 0)) / SIDE  # the line that is half a frame goes, too
    boxes = np.concatenate([inset[:, :2], 1 - inset[:, 2:]], axis=1).astype(np.float32)
    return framed, boxes


def _plain_lines(lines: Floats) -> npt.NDArray[np.int64]:
    """Return how many of the first lines are of the outermost one's colour, (N,), of (N, n, 32)."""
    count = np.zeros(len(lines), np.int64)
    framed = np.flatnonzero(lines[:, 0].std(axis=1) < PLAIN)  # few: the others have no frame whatever lies inside
    some = lines[framed]
    means = some.mean(axis=2)
    is_plain = (some.std(axis=2) < PLAIN) & (np.abs(means - means[:, :1]) < SAME)
    count[framed] = np.cumprod(is_plain, axis=1).sum(axis=1)
    return count
