import base64
import io

import numpy as np
import pytest
from PIL import Image

from sightline.evaluation.drawings.tiles import filter_tiles, filters_uri, maps_uri
from sightline.evaluation.layers import FilterSheet


def sheet(*shape, coloured):
    return FilterSheet("conv1", np.random.default_rng(0).normal(size=shape).astype(np.float32), coloured=coloured)


def opened(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1])))


@pytest.mark.parametrize(
    ("shape", "coloured", "shown", "every"),
    [
        ((64, 3, 7, 7), True, 64, 64),
        ((6, 1, 5, 5), False, 6, 6),
        ((32, 3, 3, 3), False, 64, 96),
        ((256, 1, 8, 8), False, 64, 256),
    ],
)
def test_filters_become_at_most_64_tiles_each_with_its_own_contrast(shape, coloured, shown, every):
    tiles, count = filter_tiles(sheet(*shape, coloured=coloured))
    assert tiles.shape == (shown, *shape[2:], 3)
    assert count == every
    np.testing.assert_allclose(tiles.min(axis=(1, 2, 3)), 0)
    np.testing.assert_allclose(tiles.max(axis=(1, 2, 3)), 1)


def test_a_coloured_filter_keeps_its_channels_as_red_green_and_blue():
    weights = np.zeros((1, 3, 2, 2), np.float32)
    weights[0, 2, 1, 0] = 5
    tiles, _ = filter_tiles(FilterSheet("conv1", weights, coloured=True))
    assert tiles[0, 1, 0].tolist() == [0, 0, 1]


def test_a_filter_that_is_all_the_same_is_drawn_and_does_not_divide_by_zero():
    tiles, _ = filter_tiles(FilterSheet("conv1", np.ones((2, 1, 3, 3), np.float32), coloured=False))
    assert (tiles == 0).all()


def test_the_sheet_has_eight_tiles_a_row_with_gaps():
    width, height = opened(filters_uri(sheet(9, 1, 24, 24, coloured=False))).size
    assert (width, height) == (8 * 24 + 7 * 2, 2 * 24 + 2)


def test_maps_are_dark_at_zero_and_what_is_no_number_can_be_seen_through():
    maps = np.array([[[0.0, 2.0], [1.0, np.nan]]], np.float32)
    pixels = np.asarray(opened(maps_uri(maps)))
    assert pixels.shape == (2, 2, 4)
    assert pixels[1, 1, 3] == 0
    assert pixels[0, 0, :3].sum() < pixels[1, 0, :3].sum() < pixels[0, 1, :3].sum()


def test_maps_with_negative_values_are_red_above_zero_and_blue_below():
    red, _, blue, _ = np.moveaxis(np.asarray(opened(maps_uri(np.array([[[-1.0, 1.0]]], np.float32)))).astype(int), 2, 0)
    assert red[0, 1] > blue[0, 1]
    assert red[0, 0] < blue[0, 0]
