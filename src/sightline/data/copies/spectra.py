"""What a thumbnail, or a part of it, looks like from afar: the lowest frequencies of its cosine transform.

Their signs are a code of 48 bits that survives another quality, size, brightness and contrast; how large they are says
which of the bits to trust. This is the perceptual hash of Zauner with signs for thresholds.

References:
    Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010).
    https://phash.org/docs/pubs/thesis_zauner.pdf
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sightline.core.pieces import pieces
from sightline.imaging.photo import Pixels
from sightline.imaging.thumbnail import SIDE

Codes = npt.NDArray[np.uint64]
Spectra = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float32]

BITS = 48
"""Frequencies that are kept, lowest first, of the 63 in the first eight rows and columns without the mean."""
ROWS_A_TIME = 1024


class Box(NamedTuple):
    """A part of a picture, in shares of its width and height."""

    left: float
    top: float
    right: float
    bottom: float


WHOLE = Box(0, 0, 1, 1)


def _frequencies() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the row and the column of each kept frequency, along the diagonals from the lowest on."""
    cells = [(row, total - row) for total in range(1, 15) for row in range(8) if 0 <= total - row < 8]  # noqa: PLR2004
    rows, columns = zip(*cells[:BITS], strict=True)
    return np.array(rows), np.array(columns)


DOWN, ACROSS = _frequencies()
"""(48,) int64, how often each frequency changes its sign from top to bottom, and from left to right."""


def spectra_of(thumbnails: Pixels, box: Box) -> Spectra:
    """Return the lowest frequencies of a part of each thumbnail, each row scaled to its largest, (N, 48) int8.

    They are weighted by their frequency, so that all count alike in photos, whose spectra fall with it.

    Args:
        thumbnails: (N, 32, 32) uint8.
        box: Which part of each is looked at.
    """
    down, across = _transform(box.top, box.bottom), _transform(box.left, box.right)
    spectra = np.empty((len(thumbnails), BITS), np.int8)
    for piece in pieces(len(thumbnails), ROWS_A_TIME):
        lines = (
            thumbnails[piece].reshape(-1, SIDE).astype(np.float32) @ across.T
        )  # one product for all, then small ones
        transformed = np.matmul(down, lines.reshape(-1, SIDE, 8))  # (n, 8, 8)
        kept = transformed.reshape(-1, 64).take(8 * DOWN + ACROSS, axis=1) * (DOWN + ACROSS).astype(np.float32)
        largest = np.abs(kept).max(axis=1, keepdims=True)
        spectra[piece] = np.rint(kept * (127 / np.maximum(largest, 1e-6)))
    return spectra


def codes_of(spectra: Spectra) -> Codes:
    """Return the signs of spectra as bits, the lowest frequency in the lowest bit, (N,) uint64."""
    packed = np.packbits(spectra > 0, axis=1, bitorder="little")
    return np.pad(packed, ((0, 0), (0, 8 - packed.shape[1]))).view(np.uint64)[:, 0]


def likeness(first: Spectra, second: Spectra) -> Floats:
    """Return the cosine of the angle between spectra, row by row, (n,) float32."""
    one, other = first.astype(np.float32), second.astype(np.float32)
    dots = np.einsum("nk,nk->n", one, other)
    lengths = np.einsum("nk,nk->n", one, one) * np.einsum("nk,nk->n", other, other)
    similarity: Floats = dots / np.sqrt(np.maximum(lengths, 1))
    return similarity


def _transform(low: float, high: float) -> Floats:
    """Return (8, 32) what makes the first eight frequencies of the part of 32 pixels between two shares."""
    side = SIDE // 2
    steps = np.arange(side)
    basis = np.cos(np.pi * np.outer(np.arange(8), 2 * steps + 1) / (2 * side))  # (8, 16)
    places = np.clip((low + (high - low) * (steps + 0.5) / side) * side - 0.5, 0, side - 1)
    floor = np.minimum(places.astype(np.int64), side - 2)
    resampled = np.zeros((side, side))
    resampled[steps, floor] = 1 - (places - floor)
    resampled[steps, floor + 1] += places - floor
    halved = np.repeat(np.eye(side), 2, axis=1) / 2  # the mean of every two pixels
    transform: Floats = (basis @ resampled @ halved).astype(np.float32)
    return transform
