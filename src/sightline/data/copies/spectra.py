"""What a thumbnail, or a part of it, looks like from afar: the lowest frequencies of its cosine transform.

Their signs are a code of 48 bits that survives another quality, size, brightness and contrast; how large they are says
which of the bits to trust. This is the perceptual hash of Zauner with signs for thresholds.

References:
    Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010).
    https://phash.org/docs/pubs/thesis_zauner.pdf
"""

from collections.abc import Sequence
from functools import cache
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
HALF = SIDE // 2
"""Pixels of a halved thumbnail, which holds all of these frequencies."""
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


def spectra_of(thumbnails: Pixels, boxes: Sequence[Box]) -> Spectra:
    """Return the lowest frequencies of parts of each thumbnail, each row scaled to its largest, (B, N, 48) int8.

    They are weighted by their frequency, so that all count alike in photos, whose spectra fall with it.

    Args:
        thumbnails: (N, 32, 32) uint8.
        boxes: B, which parts of each are looked at.
    """
    transform = np.concatenate([_transform(box) for box in boxes])  # (B * 48, 256)
    spectra = np.empty((len(boxes), len(thumbnails), BITS), np.int8)
    for piece in pieces(len(thumbnails), ROWS_A_TIME):
        some = halved(thumbnails[piece]).reshape(-1, HALF * HALF)
        kept = (transform @ some.T).reshape(len(boxes), BITS, -1)  # pictures last: so the largest are found quickly
        largest = np.maximum(kept.max(axis=1), -kept.min(axis=1))
        kept *= (127 / np.maximum(largest, np.float32(1e-6)))[:, None]
        spectra[:, piece] = np.rint(kept, out=kept).transpose(0, 2, 1)
    return spectra


def halved(thumbnails: Pixels) -> Floats:
    """Return the mean of every two by two pixels, (N, 16, 16) float32."""
    lines = thumbnails[:, ::2].astype(np.uint16) + thumbnails[:, 1::2]
    return (lines[:, :, ::2] + lines[:, :, 1::2]).astype(np.float32) / np.float32(4)


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


@cache
def _transform(box: Box) -> Floats:
    """Return (48, 256) what makes the kept frequencies of a part of 16x16 pixels, weighted."""
    down, across = _frequencies_of(box.top, box.bottom), _frequencies_of(box.left, box.right)
    both = np.einsum("fr,fc->frc", down[DOWN], across[ACROSS]).reshape(BITS, -1)
    transform: Floats = (both * (DOWN + ACROSS)[:, None]).astype(np.float32)
    return transform


def _frequencies_of(low: float, high: float) -> npt.NDArray[np.float64]:
    """Return (8, 16) what makes the first eight frequencies of the part of 16 pixels between two shares."""
    steps = np.arange(HALF)
    basis = np.cos(np.pi * np.outer(np.arange(8), 2 * steps + 1) / (2 * HALF))  # (8, 16)
    places = np.clip((low + (high - low) * (steps + 0.5) / HALF) * HALF - 0.5, 0, HALF - 1)
    floor = np.minimum(places.astype(np.int64), HALF - 2)
    resampled = np.zeros((HALF, HALF))
    resampled[steps, floor] = 1 - (places - floor)
    resampled[steps, floor + 1] += places - floor
    made: npt.NDArray[np.float64] = basis @ resampled
    return made
