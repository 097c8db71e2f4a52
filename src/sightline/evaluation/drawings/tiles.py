"""Filters and activation maps as sheets of small pictures."""

import numpy as np
from numpy.typing import NDArray

from sightline.evaluation.layers import FilterSheet
from sightline.evaluation.pictures import transparent_uri

MOST_TILES, COLUMNS = 64, 8
LEAST_TILE = 24
"""Pixels a side; smaller tiles are enlarged."""
GAP = (128, 128, 128, 90)

Floats = NDArray[np.float64]
Rgba = NDArray[np.uint8]


def filter_tiles(sheet: FilterSheet) -> tuple[Floats, int]:
    """Return filters as pictures, each stretched to 0..1 by itself.

    Args:
        sheet: (F, C, h, w) weights.

    Returns:
        (n, h, w, 3) with n at most 64, and how many pictures there are in all: a filter is one where
        its channels are colours, else one a channel.
    """
    weights = np.asarray(sheet.weights, dtype=np.float64)
    filters, channels, height, width = weights.shape
    tiles = (
        weights.transpose(0, 2, 3, 1)
        if sheet.coloured
        else np.broadcast_to(
            weights.reshape(filters * channels, height, width, 1), (filters * channels, height, width, 3)
        )
    )
    shown = tiles[:MOST_TILES]
    low, high = (end(shown, axis=(1, 2, 3), keepdims=True) for end in (np.min, np.max))
    return (shown - low) / np.where(high > low, high - low, 1), len(tiles)


def filters_uri(sheet: FilterSheet) -> str:
    """Return a sheet of filters, eight a row, as a PNG's ``data:`` address."""
    tiles, _ = filter_tiles(sheet)
    opaque = np.ones((*tiles.shape[:3], 1))
    return transparent_uri(_sheet(np.concatenate([tiles, opaque], axis=3), COLUMNS))


def maps_uri(maps: NDArray[np.float32]) -> str:
    """Return activation maps, eight a row, as a PNG's ``data:`` address.

    Where nothing is negative, dark is zero and bright the map's largest value; else white is zero, red
    positive and blue negative, up to the map's largest magnitude. NaN is transparent.

    Args:
        maps: (n, h, w); one map takes the whole width.
    """
    import matplotlib as mpl

    values = np.nan_to_num(maps.astype(np.float64), posinf=0.0, neginf=0.0)
    most = np.abs(values).max(axis=(1, 2), keepdims=True)
    shares = values / np.where(most > 0, most, 1)
    colours = (
        mpl.colormaps["inferno"](shares) if shares.min() >= 0 else mpl.colormaps["RdBu_r"]((shares + 1) / 2)
    )  # (n, h, w, 4)
    colours[np.isnan(maps)] = 0
    return transparent_uri(_sheet(colours, COLUMNS if len(maps) > 1 else 1))


def _sheet(tiles: Floats, columns: int) -> Rgba:
    """Lay (n, h, w, 4) tiles of 0..1 in rows, with a faint gap between them; missing tiles are transparent."""
    if len(tiles) > 1:
        enlarged = -(-LEAST_TILE // max(tiles.shape[1:3]))  # the gap between small tiles would be wide
        tiles = tiles.repeat(enlarged, axis=1).repeat(enlarged, axis=2)
    count, height, width, _ = tiles.shape
    gap = max(1, round(max(height, width) / 12)) if count > 1 else 0
    rows = -(-count // columns)
    sheet = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap, 4), dtype=np.uint8)
    for place, tile in enumerate(tiles):
        top, left = place // columns * (height + gap), place % columns * (width + gap)
        sheet[max(0, top - gap) : top + height + gap, max(0, left - gap) : left + width + gap] = GAP
        sheet[top : top + height, left : left + width] = np.round(255 * tile)
    return sheet
