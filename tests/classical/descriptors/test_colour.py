from collections import Counter

import numpy as np
import pytest
import scipy.stats
import skimage.color
import skimage.data
import torch

from sightline.classical.descriptors.colour import ColourHistogram, ColourMoments, TopColours
from sightline.classical.descriptors.colour_spaces import hsv, lab
from sightline.classical.plan import Plan
from sightline.core.errors import SettingsError

PHOTO = skimage.data.coffee()[100:164, 200:264]
CORNERS = np.array([[[r, g, b] for r in (0, 1, 128, 255) for g in (0, 128, 255) for b in (0, 1, 255)]], dtype=np.uint8)
ORACLES = {"rgb": lambda rgb: rgb / 255, "hsv": skimage.color.rgb2hsv, "lab": skimage.color.rgb2lab}
RANGES = {"rgb": [(0, 1)] * 3, "hsv": [(0, 1)] * 3, "lab": [(0, 100), (-128.5, 127.5), (-128.5, 127.5)]}


def described(kind, picture, **plan):
    local = kind(picture.shape, Plan(("hog",), **plan))(torch.from_numpy(picture.copy())[None])
    return local[0, 0].numpy()


def of_colours(palette, *counted):
    """Return a picture of one row: numbers of colours, each with how often it occurs."""
    return np.concatenate([np.tile(palette[number], (count, 1)) for number, count in counted])[None]


@pytest.mark.parametrize(("ours", "theirs"), [(hsv, "hsv"), (lab, "lab")])
@pytest.mark.parametrize("picture", [PHOTO, CORNERS], ids=["photo", "corners"])
def test_colour_spaces_are_those_of_scikit_image(ours, theirs, picture):
    rgb = torch.from_numpy(picture).permute(2, 0, 1)[None].float()
    np.testing.assert_allclose(ours(rgb)[0].permute(1, 2, 0).numpy(), ORACLES[theirs](picture), atol=1e-3)


@pytest.mark.parametrize("colours", ["rgb", "hsv", "lab"])
def test_a_histogram_holds_the_shares_of_each_channels_bins(colours):
    channels = np.moveaxis(ORACLES[colours](PHOTO).round(9), 2, 0)  # back on the borders of bins
    bounds = zip(channels, RANGES[colours], strict=True)
    expected = [np.histogram(channel, bins=16, range=limits)[0] / 64**2 for channel, limits in bounds]
    ours = described(ColourHistogram, PHOTO, histogram_colours=colours, bins=16)
    np.testing.assert_allclose(ours, np.concatenate(expected), atol=1e-6)


def test_every_grey_has_the_same_bins_of_a_and_b():
    greys = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    histogram = described(ColourHistogram, greys, histogram_colours="lab", bins=8).reshape(3, 8)
    assert histogram[1:].max(axis=1).tolist() == [1, 1]


def test_a_grey_picture_has_its_one_channel():
    grey = PHOTO[..., :1]
    expected = np.histogram(grey, bins=8, range=(0, 255))[0] / grey.size
    np.testing.assert_allclose(described(ColourHistogram, grey, histogram_colours="hsv"), expected, rtol=1e-6)


@pytest.mark.parametrize("colours", ["rgb", "hsv", "lab"])
def test_moments_are_mean_deviation_and_the_root_of_the_third(colours):
    channels = ORACLES[colours](PHOTO).reshape(-1, 3)
    third = scipy.stats.moment(channels, order=3, axis=0)
    expected = np.stack([channels.mean(axis=0), channels.std(axis=0), np.cbrt(third)], axis=1)
    assert third.min() < 0 < third.max()
    ours = described(ColourMoments, PHOTO, histogram_colours=colours)
    np.testing.assert_allclose(ours.reshape(3, 3), expected, rtol=1e-3, atol=1e-5)


def test_an_unknown_colour_space_is_refused():
    with pytest.raises(SettingsError, match="no histogram_colours named 'hsl'"):
        ColourHistogram((8, 8, 3), Plan(("colour-histogram",), histogram_colours="hsl"))


def test_neighbours_in_the_palette_are_one_step_of_one_channel_apart():
    palette = TopColours((8, 8, 3), Plan(("top-colours",), palette=64)).palette
    assert (palette.shape, palette.dtype) == ((64, 3), np.uint8)
    assert np.unique(palette).tolist() == [32, 96, 160, 224]
    assert len(np.unique(palette, axis=0)) == 64
    steps = np.abs(np.diff(palette.astype(int), axis=0))
    assert (np.sort(steps, axis=1) == [0, 0, 64]).all()
    assert (np.diff(palette[:, 0].astype(int)) >= 0).all()


@pytest.mark.parametrize("size", [8, 27, 64, 125])
def test_every_colour_of_the_palette_has_its_own_number(size):
    descriptor = TopColours((1, 1, 3), Plan(("top-colours",), palette=size))
    numbers = descriptor(torch.from_numpy(descriptor.palette)[:, None, None])
    assert numbers[:, 0].tolist() == [[number, number] for number in range(size)]


def test_the_two_most_frequent_colours_are_those_that_counting_finds():
    palette = TopColours((1, 1, 3), Plan(("top-colours",), palette=64)).palette
    numbers = {tuple(colour): number for number, colour in enumerate(palette // 64)}
    counted = Counter(numbers[tuple(colour)] for colour in (PHOTO // 64).reshape(-1, 3))
    (first, most), (second, fewer), (_, fewest) = counted.most_common(3)
    assert most > fewer > fewest
    assert described(TopColours, PHOTO, palette=64).tolist() == [first, second]


def test_of_equally_frequent_colours_the_lower_number_comes_first():
    palette = TopColours((1, 1, 3), Plan(("top-colours",), palette=27)).palette
    assert described(TopColours, of_colours(palette, (20, 3), (7, 3), (9, 1)), palette=27).tolist() == [7, 20]
    assert described(TopColours, of_colours(palette, (20, 3), (7, 1), (9, 1)), palette=27).tolist() == [20, 7]
    assert described(TopColours, of_colours(palette, (20, 3), (2, 5)), palette=27).tolist() == [2, 20]


def test_a_picture_of_one_colour_has_it_twice():
    palette = TopColours((1, 1, 3), Plan(("top-colours",), palette=27)).palette
    assert described(TopColours, of_colours(palette, (20, 3)), palette=27).tolist() == [20, 20]


def test_a_grey_picture_has_grey_levels_from_dark_to_bright():
    picture = np.array([[[0], [255], [255]]], dtype=np.uint8)
    descriptor = TopColours((1, 3, 1), Plan(("top-colours",), palette=10))
    assert descriptor(torch.from_numpy(picture)[None]).tolist() == [[[9.0, 0.0]]]
    assert descriptor.palette[[0, 9]].tolist() == [[12, 12, 12], [243, 243, 243]]


@pytest.mark.parametrize(("palette", "channels"), [(60, 3), (9, 3), (17**3, 3), (300, 1), (257, 1)])
def test_a_palette_that_can_not_be_made_is_refused_with_those_that_can(palette, channels):
    with pytest.raises(SettingsError, match=f"a palette of {palette} ") as caught:
        TopColours((8, 8, channels), Plan(("top-colours",), palette=palette))
    assert "64, " in caught.value.hint
