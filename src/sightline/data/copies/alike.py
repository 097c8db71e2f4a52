"""The pictures of a data set that are most like one."""

from dataclasses import dataclass

import numpy as np

from sightline.data.copies.alignment import align, distances
from sightline.data.copies.orientations import turned
from sightline.data.copies.spectra import WHOLE, likeness, spectra_of
from sightline.data.survey.record import Surveyed
from sightline.imaging.photo import Pixels

LOOKED_AT = 200
"""Pictures, the likeliest ones, that are laid over the one that is asked about."""
STEPS = (np.inf,) * 5
"""Which all of them take."""


@dataclass(frozen=True)
class Alike:
    """A picture and how far it is from the one that was asked about.

    Args:
        path: As the catalog names it.
        distance: 0 for the same pixels; below 0.3 for near copies of photos.
    """

    path: str
    distance: float


def most_alike(surveyed: Surveyed, thumbnail: Pixels, count: int) -> tuple[Alike, ...]:
    """Return the pictures that differ least from one, however it is turned, the nearest first.

    Args:
        surveyed: What one look at every sample showed.
        thumbnail: (32, 32) uint8, of the picture.
        count: How many are returned at most.
    """
    rows = np.flatnonzero(surveyed.usable)
    lying = turned(np.repeat(thumbnail[None], 8, axis=0), np.arange(8, dtype=np.int8))
    every, asked = (spectra_of(some, (WHOLE,))[0] for some in (surveyed.thumbnails[rows], lying))
    similar = np.stack([likeness(np.broadcast_to(one, every.shape), every) for one in asked])  # (8, n)
    likeliest = np.argsort(-similar.max(axis=0), kind="stable")[:LOOKED_AT]
    first, second = lying[similar[:, likeliest].argmax(axis=0)], surveyed.thumbnails[rows[likeliest]]
    boxes = np.tile(np.array(WHOLE, np.float32), (len(likeliest), 1))
    apart = distances(first, second, align(first, second, boxes, steps=STEPS))
    nearest = np.argsort(apart, kind="stable")[:count]
    return tuple(Alike(surveyed.catalog.paths[rows[likeliest[place]]], float(apart[place])) for place in nearest)
