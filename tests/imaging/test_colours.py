import colorsys

import numpy as np
import pytest
from PIL import Image

from sightline.core.errors import PictureError
from sightline.imaging.colours import CHANNELS, colour_spaces, in_colour_space, plain


@pytest.fixture
def colours():
    grid = np.stack(np.meshgrid([0, 1, 60, 128, 254, 255], [0, 33, 200, 255], [0, 90, 255]), axis=-1)
    return grid.reshape(-1, 1, 3).astype(np.uint8)


def test_every_colour_space_has_the_channels_it_promises(noise):
    for space in colour_spaces():
        assert in_colour_space(noise(), space).shape == (24, 36, CHANNELS[space])
        assert in_colour_space(noise().convert("L"), space).shape == (24, 36, CHANNELS[space])
        assert in_colour_space(noise(), space).dtype == np.uint8


def test_hsv_agrees_with_the_standard_library(colours):
    ours = in_colour_space(Image.fromarray(colours), "hsv").reshape(-1, 3).astype(int)

    theirs = np.array([colorsys.rgb_to_hsv(*(pixel / 255)) for pixel in colours.reshape(-1, 3)]) * 255

    around = np.abs(ours[:, 0] - theirs[:, 0])
    assert np.minimum(around, 255 - around).max() <= 1.01
    np.testing.assert_allclose(ours[:, 1:], theirs[:, 1:], atol=1.01)


def test_cmyk_agrees_with_the_formula(colours):
    ours = in_colour_space(Image.fromarray(colours), "cmyk").reshape(-1, 4)

    for pixel, ink in zip(colours.reshape(-1, 3) / 255, ours, strict=True):
        black = 1 - pixel.max()
        expected = [(1 - channel - black) / (1 - black) if black < 1 else 0 for channel in pixel]
        np.testing.assert_allclose(ink / 255, [*expected, black], atol=0.51 / 255)


def test_grey_is_the_luma_of_bt_601(colours):
    ours = in_colour_space(Image.fromarray(colours), "grey").ravel()

    np.testing.assert_allclose(ours, colours.reshape(-1, 3) @ [0.299, 0.587, 0.114], atol=1)


def test_rgb_of_a_grey_picture_repeats_it():
    np.testing.assert_array_equal(in_colour_space(Image.new("L", (1, 1), 7), "rgb"), [[[7, 7, 7]]])


@pytest.mark.parametrize("mode", ["RGB", "L", "LA", "RGBA", "P", "1", "CMYK", "YCbCr", "HSV", "I", "F", "I;16"])
def test_every_mode_with_a_rule_becomes_rgb_or_grey(mode):
    assert plain(Image.new(mode, (3, 2)), "x").mode in ("RGB", "L")


def test_a_mode_without_a_rule_is_refused_by_name():
    with pytest.raises(PictureError, match=r"lab\.tif has colours in mode LAB"):
        plain(Image.new("LAB", (2, 2)), "lab.tif")
