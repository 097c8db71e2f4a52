"""What a base sees in many small pictures; a tiny setting takes the pixels themselves, so that it needs no base."""

import numpy as np

from sightline.data.survey import survey
from sightline.imaging.deep import FULL
from sightline.imaging.picture_format import PictureFormat
from sightline.line.features.extractor import DEFAULT_BASE, extractor_of
from sightline.line.features.store import store_of
from sightline.line.narrator import Silent
from sightline.line.settings.transfer import TransferSettings

CHUNK = 2_000
TINY_SIDE = 8


def seen(catalog, rows, *, side):
    """Return what is seen in some rows, (n, F), a chunk in memory at a time, and which of them could be read.

    Args:
        catalog: Of pictures.
        rows: (n,) of the catalog.
        side: Pixels of what the base reads, so that small pictures are enlarged; 0 takes their pixels at 8x8.
    """
    parts, read = [], []
    for first in range(0, len(rows), CHUNK):
        chunk = rows[first : first + CHUNK]
        features, usable = _looked(catalog.at(chunk), side)
        parts.append(features)
        read.append(chunk[usable])
    return np.concatenate(parts), np.concatenate(read)


def of_pixels(pixels, *, side):
    """Return what is seen in (n, S, S, 3) uint8 pixels of the base's side; of side 0, in 8x8 ones themselves."""
    if not side:
        return pixels.reshape(len(pixels), -1).astype(np.float32)
    return np.concatenate([store(side)._asked.run(pixels[place : place + 1])[0] for place in range(len(pixels))])  # noqa: SLF001


def store(side):
    """Return where the features of the default base are kept, for pictures of so many pixels a side."""
    return store_of(extractor_of(TransferSettings(base=DEFAULT_BASE)).reading((side, side), "squash", FULL))


def _looked(catalog, side):
    if not side:
        surveyed = survey(catalog, PictureFormat(TINY_SIDE, TINY_SIDE, "rgb", "squash"))
        usable = np.flatnonzero(surveyed.usable)
        return of_pixels(surveyed.pixels[usable], side=0), usable
    kept = store(side)
    surveyed = survey(catalog, kept.base.format)
    usable = np.flatnonzero(surveyed.usable)
    return kept.features(surveyed, usable, narrator=Silent()), usable
