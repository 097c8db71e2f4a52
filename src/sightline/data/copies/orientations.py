"""The eight ways in which a picture can lie: mirrored or not, in four quarter turns.

In the cosine transform to mirror is to change the sign of every other column, and to lie on the side is to change rows
with columns. So each picture has an orientation of its own, in which its lowest frequencies are positive and the one
across is the larger; copies that were turned agree in it. Where a picture leaves that nearly open, it has several.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sightline.data.catalog import Rows
from sightline.data.copies.spectra import ACROSS, BITS, DOWN, Spectra
from sightline.imaging.photo import Pixels

Orientations = npt.NDArray[np.int8]

TRANSPOSED, MIRRORED, UPSIDE_DOWN = 4, 2, 1
"""Bits of an orientation, in the order in which they are applied."""
TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    TRANSPOSED: lambda some: some.transpose(0, 2, 1),
    MIRRORED: lambda some: some[:, :, ::-1],
    UPSIDE_DOWN: lambda some: some[:, ::-1],
}
MARGIN = 6
"""Of 127, the largest frequency: what is nearer to zero, or to another, than this may be either."""

_FIRST_ACROSS = int(np.flatnonzero((DOWN == 0) & (ACROSS == 1))[0])
_FIRST_DOWN = int(np.flatnonzero((DOWN == 1) & (ACROSS == 0))[0])
_PLACES = {cell: place for place, cell in enumerate(zip(DOWN.tolist(), ACROSS.tolist(), strict=True))}
_SWAPPED = np.array(
    [_PLACES.get((across, down), 0) for down, across in zip(DOWN.tolist(), ACROSS.tolist(), strict=True)]
)
"""Where each frequency stands once the picture lies on its side."""
_IS_SWAPPED = np.array([(across, down) in _PLACES for down, across in _PLACES])


def standing(spectra: Spectra) -> tuple[Spectra, Rows, Orientations]:
    """Return the spectra of pictures in their own orientations, (n, 48), the row of each, and how it was turned.

    Args:
        spectra: (N, 48) int8.
    """
    stand, rows, orientations = [], [], []
    for orientation in range(8):
        lying = spectra[:, _SWAPPED] * _IS_SWAPPED.astype(np.int8) if orientation & TRANSPOSED else spectra
        signs = _signs(orientation)
        across, down = (lying[:, place] * signs[place] for place in (_FIRST_ACROSS, _FIRST_DOWN))
        is_own = (across >= -MARGIN) & (down >= -MARGIN) & (across.astype(np.int16) >= down.astype(np.int16) - MARGIN)
        chosen = np.flatnonzero(is_own)
        stand.append(lying[chosen] * signs)
        rows.append(chosen)
        orientations.append(np.full(len(chosen), orientation, np.int8))
    return np.concatenate(stand), np.concatenate(rows), np.concatenate(orientations)


def turned(thumbnails: Pixels, orientations: Orientations) -> Pixels:
    """Return each thumbnail in an orientation of its own, (N, 32, 32)."""
    lying = thumbnails.copy()
    for bit, turn in TURNS.items():
        rows = np.flatnonzero(orientations & bit)
        lying[rows] = turn(lying[rows])
    return lying


def is_mirrored(first: Orientations, second: Orientations) -> npt.NDArray[np.bool_]:
    """Return whether one is the mirror image of the other when both stand alike, (n,)."""
    mixed = first ^ second
    odd: npt.NDArray[np.bool_] = ((mixed & 1) ^ (mixed >> 1 & 1) ^ (mixed >> 2 & 1)).astype(np.bool_)
    return odd


def _signs(orientation: int) -> npt.NDArray[np.int8]:
    """Return (48,) what mirroring makes of the sign of each frequency."""
    signs = np.ones(BITS, np.int8)
    if orientation & MIRRORED:
        signs *= np.where(ACROSS % 2, -1, 1).astype(np.int8)
    if orientation & UPSIDE_DOWN:
        signs *= np.where(DOWN % 2, -1, 1).astype(np.int8)
    return signs
