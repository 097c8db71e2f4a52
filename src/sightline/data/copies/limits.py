"""How near is near: told by the pairs of the data set itself.

In photos a pair whose details differ by less than 0.3 is a pair of copies. Handwritten digits, letters and planes in
the sky are nearer to each other than that, though none is a copy. Pairs between 0.3 and 0.5 are such look-alikes; how
their number falls towards 0 says how many of the nearer pairs are, too. The limit is the largest distance below which
those are few. Pictures with little detail have a limit of their own.

Reference:
    Efron, "Large-Scale Simultaneous Hypothesis Testing: The Choice of a Null Hypothesis" (2004), for a null that is
    fitted to the bulk of the data. https://doi.org/10.1198/016214504000000089
"""

from math import log

import numpy as np

from sightline.core.pieces import pieces
from sightline.data.copies.alignment import details_of
from sightline.data.copies.spectra import Floats
from sightline.imaging.photo import Pixels
from sightline.imaging.thumbnail import SIDE

MOST_APART, BULK = 0.3, 0.5
"""The distance of no copies, and up to which pairs are counted as look-alikes."""
STEP = 0.025
MOST_FALSE = 0.1
"""The share of look-alikes among the pairs that are taken for copies."""
PICTURES_A_FALSE = 2_000
"""Or one pair of look-alikes for so many pictures, where hardly any are alike: in CIFAR-10 that finds 2 % more of the
copies at the same precision; in a set of letters it changes nothing."""
LEAST_POWER, MOST_POWER = 1.0, 4.0
"""Of the distance that the number of look-alikes may grow with: flatter where the search leaves the far ones out."""
CELLS = 8
SPREADS = (12.0, 16.0, 24.0)
"""Cells of 64 that hold the detail, as if all held the same: the pictures between two of these have one limit."""
ROWS_A_TIME = 1024


def limits_of(distances: Floats, spreads: Floats, *, pictures: int) -> Floats:
    """Return below which distance each pair is a pair of copies, (P,): 0 where none is.

    Args:
        distances: (P,) of all pairs up to `BULK`.
        spreads: (P,) of the less detailed picture of each pair.
        pictures: How many there are.
    """
    level = np.digitize(spreads, SPREADS)
    limits = np.zeros(len(distances), np.float32)
    for one in range(len(SPREADS) + 1):
        rows = np.flatnonzero(level == one)
        limits[rows] = _limit(distances[rows], pictures / PICTURES_A_FALSE)
    return limits


def spreads_of(thumbnails: Pixels) -> Floats:
    """Return over how many of 64 cells the detail of each thumbnail is spread, (N,) float32 from 1 to 64.

    It is the Hill number of order 2 of the energy of the details.

    Args:
        thumbnails: (N, 32, 32) uint8.

    Reference:
        Hill, "Diversity and Evenness: A Unifying Notation and Its Consequences" (1973). https://doi.org/10.2307/1934352
    """
    spreads = np.ones(len(thumbnails), np.float32)
    width = SIDE // CELLS
    for piece in pieces(len(thumbnails), ROWS_A_TIME):
        energies = details_of(thumbnails[piece].astype(np.float32)) ** 2
        cells = energies.reshape(-1, CELLS, width, CELLS, width).sum(axis=(2, 4)).reshape(-1, CELLS**2)
        spreads[piece] = cells.sum(axis=1) ** 2 / np.maximum((cells**2).sum(axis=1), 1e-6)
    return spreads


def _limit(distances: Floats, few: float) -> float:
    """Return the distance below which few of the pairs are look-alikes, a tenth of them or so many; 0 where none is."""
    middle = (MOST_APART + BULK) / 2
    nearer, farther = (
        int(((distances >= low) & (distances < high)).sum()) for low, high in ((MOST_APART, middle), (middle, BULK))
    )
    alike = nearer + farther
    power = min(
        max(log(max(farther, 1) / max(nearer, 1)) / log((middle + BULK) / (middle + MOST_APART)), LEAST_POWER),
        MOST_POWER,
    )
    share = MOST_APART ** (power + 1) / (BULK ** (power + 1) - MOST_APART ** (power + 1))
    limits: list[float] = np.arange(MOST_APART, 0, -STEP).tolist()
    for limit in limits:
        expected = alike * share * (limit / MOST_APART) ** (power + 1)
        if expected <= max(MOST_FALSE * (distances < limit).sum(), few):
            return limit
    return 0.0
