import math

import numpy as np
import pytest
import torch

from sightline.imaging.augmentation.colour import LUMA, chroma_turns, expose, recolour

LUMA_WEIGHTS = np.array(LUMA)[None, :, None, None]


def pictures(channels=3):
    return torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (4, channels, 6, 7)).astype(np.float32))


def recoloured(given, *, brightness=0.0, contrast=1.0, saturation=1.0, hue=0.0):
    amounts = {"brightness": brightness, "contrast": contrast, "saturation": saturation, "hue": math.radians(hue)}
    return recolour(given, **{name: torch.full((len(given),), value) for name, value in amounts.items()}).numpy()


def luma(given):
    return (np.asarray(given) * LUMA_WEIGHTS).sum(axis=1, keepdims=True)


def test_doing_nothing_gives_the_same_values():
    np.testing.assert_allclose(recoloured(pictures()), pictures(), atol=1e-3)


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.2])
def test_exposure_is_a_power_that_keeps_black_and_white(exponent):
    given = torch.tensor([0.0, 64.0, 255.0]).view(1, 1, 1, 3)
    expected = [0, 255 * (64 / 255) ** exponent, 255]
    np.testing.assert_allclose(expose(given, torch.tensor([exponent])).flatten(), expected, rtol=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_brightness_is_added_in_units_of_the_full_range(channels):
    given = pictures(channels)
    np.testing.assert_allclose(recoloured(given, brightness=0.2), given.numpy() + 51, atol=1e-3)


def test_contrast_stretches_about_the_mean_lightness_of_each_picture():
    given = pictures()
    mean = luma(given).mean(axis=(2, 3), keepdims=True)
    np.testing.assert_allclose(recoloured(given, contrast=1.5), mean + 1.5 * (given.numpy() - mean), atol=1e-2)


def test_contrast_of_grey_stretches_about_the_mean():
    given = pictures(1)
    mean = given.numpy().mean(axis=(2, 3), keepdims=True)
    np.testing.assert_allclose(recoloured(given, contrast=0.5), mean + 0.5 * (given.numpy() - mean), atol=1e-2)


def test_no_saturation_is_the_grey_picture():
    given = pictures()
    np.testing.assert_allclose(recoloured(given, saturation=0), np.repeat(luma(given), 3, axis=1), atol=1e-2)


def test_saturation_multiplies_the_distance_from_grey():
    given = pictures()
    grey = luma(given)
    np.testing.assert_allclose(recoloured(given, saturation=1.4), grey + 1.4 * (given.numpy() - grey), atol=1e-2)


def test_half_a_turn_of_the_hue_is_the_complement_of_the_same_lightness():
    given = pictures()
    np.testing.assert_allclose(recoloured(given, hue=180), 2 * luma(given) - given.numpy(), atol=1e-2)


@pytest.mark.parametrize("hue", [0, 17, 90, 250])
def test_hue_keeps_lightness_and_grey(hue):
    np.testing.assert_allclose(luma(recoloured(pictures(), hue=hue)), luma(pictures()), atol=1e-2)
    grey = torch.full((1, 3, 2, 2), 77.0)
    np.testing.assert_allclose(recoloured(grey, hue=hue), grey, atol=1e-2)


def test_turns_of_the_hue_add_up():
    ones = torch.ones(3)
    third, two, back = chroma_turns(ones, torch.tensor([2 * math.pi / 3, 4 * math.pi / 3, -2 * math.pi / 3]))
    np.testing.assert_allclose(third @ third, two, atol=1e-5)
    np.testing.assert_allclose(third @ back, np.eye(3), atol=1e-5)


def test_a_small_turn_takes_red_the_way_that_hsv_calls_up_or_down_and_back_again():
    red = torch.tensor([200.0, 40.0, 40.0]).view(1, 3, 1, 1)
    green_of = {hue: recoloured(red, hue=hue)[0, 1, 0, 0] for hue in (-20, 20)}
    blue_of = {hue: recoloured(red, hue=hue)[0, 2, 0, 0] for hue in (-20, 20)}
    assert (green_of[20] - green_of[-20]) * (blue_of[20] - blue_of[-20]) < 0


def test_each_picture_is_recoloured_by_itself():
    given = pictures()[:1].expand(2, 3, 6, 7)
    steady = torch.tensor([0.0, 0.0])
    changed = recolour(
        given, brightness=torch.tensor([0.0, 0.1]), contrast=steady + 1, saturation=steady + 1, hue=steady
    )
    np.testing.assert_allclose(changed[0], given[0], atol=1e-3)
    np.testing.assert_allclose(changed[1], given[1] + 25.5, atol=1e-3)
