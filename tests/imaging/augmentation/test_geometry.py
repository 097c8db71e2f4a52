import math

import numpy as np
import pytest
import torch

from sightline.imaging.augmentation.geometry import warp
from sightline.imaging.augmentation.policy import Augmentation


def pictures(*shape):
    return torch.from_numpy(np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32))


def warped(given, *, right=0.0, down=0.0, degrees=0.0, factor=1.0):
    count = len(given)
    return warp(
        given,
        shifts=torch.tensor([[right, down]]).expand(count, 2),
        angles=torch.full((count,), math.radians(degrees)),
        factors=torch.full((count,), factor),
    ).numpy()


def test_doing_nothing_gives_the_same_values():
    given = pictures(2, 3, 7, 10)
    np.testing.assert_allclose(warped(given), given, atol=1e-3)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_quarter_turns_of_a_square_are_numpy_s(degrees):
    given = pictures(2, 3, 8, 8)
    np.testing.assert_allclose(warped(given, degrees=degrees), np.rot90(given, degrees // 90, axes=(2, 3)), atol=1e-2)


def test_half_a_turn_of_any_shape_is_both_flips():
    given = pictures(1, 3, 6, 9)
    np.testing.assert_allclose(warped(given, degrees=180), given.numpy()[:, :, ::-1, ::-1], atol=1e-2)


def test_a_turn_keeps_proportions_in_a_picture_that_is_no_square():
    given = torch.zeros(1, 1, 21, 41)
    given[0, 0, 10, 15:26] = 255  # a bar of 11 pixels, lying
    upright = warped(given, degrees=90)[0, 0]
    assert np.argwhere(upright > 128).tolist() == [[row, 20] for row in range(5, 16)]


@pytest.mark.parametrize(("right", "down"), [(3, 0), (0, 2), (-2, 1)])
def test_a_shift_by_whole_pixels_moves_and_mirrors_what_comes_in(right, down):
    given = pictures(1, 2, 8, 10)
    padded = np.pad(given, ((0, 0), (0, 0), (4, 4), (4, 4)), mode="symmetric")
    expected = padded[:, :, 4 - down : 12 - down, 4 - right : 14 - right]
    np.testing.assert_allclose(warped(given, right=right / 10, down=down / 8), expected, atol=1e-2)


def test_zooming_to_twice_shows_the_middle():
    ramp = torch.arange(16, dtype=torch.float32).expand(1, 1, 16, 16)
    np.testing.assert_allclose(warped(ramp, factor=2)[0, 0, 5], 3.75 + np.arange(16) / 2, atol=1e-4)


def test_the_shift_comes_after_the_turn():
    given = pictures(1, 1, 8, 8)
    np.testing.assert_allclose(
        warped(given, degrees=90, right=0.25)[:, :, :, 2:], np.rot90(given, axes=(2, 3))[:, :, :, :-2], atol=1e-2
    )


def test_each_picture_has_its_own_map():
    given = pictures(1, 1, 8, 8).expand(2, 1, 8, 8)
    turned = warp(given, shifts=torch.zeros(2, 2), angles=torch.tensor([0.0, math.pi]), factors=torch.ones(2))
    np.testing.assert_allclose(turned[0].numpy(), given[0], atol=1e-3)
    np.testing.assert_allclose(turned[1].numpy(), given[1].numpy()[:, ::-1, ::-1], atol=1e-2)


def test_a_shift_stays_within_its_share_of_the_side():
    ramp = torch.arange(100, dtype=torch.uint8).view(1, 1, 100, 1).expand(400, 20, 100, 1)
    moved, _ = Augmentation({"shift": 0.1})(ramp, torch.ones(400, 1), torch.Generator().manual_seed(0))
    middles = moved[:, 10, 50, 0].int()
    assert 40 <= middles.min() < 43
    assert 57 < middles.max() <= 60
