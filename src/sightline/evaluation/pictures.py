"""The pictures worth looking at, and how they travel inside a page."""

from base64 import b64encode
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from sightline.evaluation.scores import checked

SMALL_SIDE = 96
"""Pictures up to this many pixels a side travel as PNG, without loss, and are enlarged crisply."""
LARGEST_SIDE = 384
"""Larger pictures are reduced to this: a page of forty photographs stays below 2 MB."""
JPEG_QUALITY = 85
LOSSLESS_SIDE = 32
"""Thumbnails up to this many pixels a side lose nothing."""


@dataclass(frozen=True, eq=False)
class PredictedPicture:
    """One picture with what it is and what it was taken for.

    Args:
        path: The file, as its user knows it.
        truth: The class that it is said to be.
        prediction: The class that was answered.
        confidence: The probability of the answer, 0 to 1.
        truth_probability: The probability of the truth, 0 to 1.
        pixels: (H, W, 3) uint8.
    """

    path: str
    truth: str
    prediction: str
    confidence: float
    truth_probability: float
    pixels: NDArray[np.uint8]


def confident_mistakes(truth: ArrayLike, probabilities: ArrayLike, count: int) -> NDArray[np.intp]:
    """Return which pictures were answered wrongly, the surest answer first.

    They are the first place to look: a wrong label shows here, and so does a kind of picture that
    training lacked.

    Args:
        truth: (N,) indices of classes.
        probabilities: (N, C) in 0 to 1.
        count: How many to return at most.

    Returns:
        Indices into the pictures; fewer than ``count`` when there are fewer mistakes.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.
    """
    indices, table = checked(truth, probabilities)
    wrong = np.flatnonzero(table.argmax(axis=1) != indices)
    surest_first = np.argsort(-table[wrong].max(axis=1), kind="stable")
    return wrong[surest_first[:count]]


def least_certain(truth: ArrayLike, probabilities: ArrayLike, count: int) -> NDArray[np.intp]:
    """Return which pictures came closest to a tie between two classes, right or wrong.

    Args:
        truth: (N,) indices of classes.
        probabilities: (N, C) in 0 to 1.
        count: How many to return at most.

    Returns:
        Indices into the pictures, the smallest margin first.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.

    Reference:
        T. Scheffer, C. Decomain, S. Wrobel, "Active Hidden Markov Models for Information Extraction",
        2001 (the margin between the two best). https://doi.org/10.1007/3-540-44816-0_31
    """
    _, table = checked(truth, probabilities)
    if table.shape[1] == 1:
        return np.arange(len(table))[:count]
    best_two = np.partition(table, -2, axis=1)[:, -2:]  # (N, 2), ascending
    return np.argsort(best_two[:, 1] - best_two[:, 0], kind="stable")[:count]


def is_small(pixels: NDArray[np.uint8]) -> bool:
    """Say whether a picture should be enlarged with sharp edges, pixel by pixel."""
    height, width = pixels.shape[:2]
    return bool(max(height, width) <= SMALL_SIDE)


def picture_uri(pixels: NDArray[np.uint8]) -> str:
    """Return a picture as a ``data:`` address, so that a page needs no second file.

    Args:
        pixels: (H, W, 3) uint8; the longer side is reduced to 384 pixels when it exceeds them.

    Returns:
        A PNG for small pictures, a JPEG for others.

    Raises:
        ValueError: The pixels have another shape or type, or there are none.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or not pixels.size:  # noqa: PLR2004
        raise ValueError(f"pixels must be (H, W, 3) uint8, not {pixels.shape} {pixels.dtype}")
    image = Image.fromarray(pixels)
    if is_small(pixels):
        return _uri(image, "png")
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.LANCZOS)
    return _uri(image, "jpeg", quality=JPEG_QUALITY)


def thumbnail_uri(pixels: NDArray[np.uint8]) -> str:
    """Return a picture as a ``data:`` address of a few kilobytes at most, for pages of hundreds.

    Args:
        pixels: (H, W, 3) uint8; the longer side is reduced to 96 pixels when it exceeds them.

    Returns:
        A PNG for pictures of up to 32 pixels a side, a JPEG for others.
    """
    image = Image.fromarray(pixels)
    if max(pixels.shape[:2]) <= LOSSLESS_SIDE:
        return _uri(image, "png")
    image.thumbnail((SMALL_SIDE, SMALL_SIDE), Image.Resampling.LANCZOS)
    return _uri(image, "jpeg", quality=JPEG_QUALITY)


def transparent_uri(pixels: NDArray[np.uint8]) -> str:
    """Return (H, W, 4) uint8 pixels, the last channel their opacity, as a PNG's ``data:`` address."""
    return _uri(Image.fromarray(pixels), "png", optimize=True)


def _uri(image: Image.Image, kind: str, **options: int) -> str:
    file = BytesIO()
    image.save(file, format=kind, **options)
    return uri_of(file.getvalue(), kind)


def uri_of(content: bytes, kind: str) -> str:
    """Return the ``data:`` address of a picture's file: of its bytes, in the format ``"png"`` or ``"jpeg"``."""
    return f"data:image/{kind};base64,{b64encode(content).decode('ascii')}"
