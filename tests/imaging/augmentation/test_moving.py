import numpy as np
import pytest
import torch

from sightline.imaging.augmentation.moving import places, take
from sightline.imaging.augmentation.policy import Augmentation

PIXELS = torch.arange(4 * 5 * 6 * 3).remainder(256).to(torch.uint8).view(4, 5, 6, 3)


def changed(seed=0, pixels=PIXELS, **amounts):
    return Augmentation(amounts)(pixels, torch.eye(len(pixels)), torch.Generator().manual_seed(seed))[0]


def test_a_certain_horizontal_flip_is_numpy_s():
    np.testing.assert_array_equal(changed(flip_horizontal=1), PIXELS.numpy()[:, :, ::-1])


def test_a_certain_vertical_flip_is_numpy_s():
    np.testing.assert_array_equal(changed(flip_vertical=1), PIXELS.numpy()[:, ::-1])


def test_a_flip_comes_as_often_as_was_said():
    pixels = PIXELS[:1].expand(4000, -1, -1, -1)
    flipped = (changed(pixels=pixels, flip_horizontal=0.3) != pixels).flatten(1).any(dim=1)
    assert flipped.float().mean().item() == pytest.approx(0.3, abs=0.03)


def test_a_crop_is_a_window_of_the_padded_picture():
    pixels = torch.randint(0, 256, (64, 8, 8, 3), dtype=torch.uint8)
    padded = np.pad(pixels.numpy(), ((0, 0), (2, 2), (2, 2), (0, 0)), mode="symmetric")
    found = set()
    for picture, around in zip(changed(pixels=pixels, crop=0.25).numpy(), padded, strict=True):
        windows = [(top, left) for top in range(5) for left in range(5)
                   if np.array_equal(around[top : top + 8, left : left + 8], picture)]  # fmt: skip
        assert len(windows) == 1
        found.update(windows)
    assert len(found) > 15


def test_a_crop_of_an_eighth_moves_a_picture_of_32_by_four_pixels_at_most():
    column = torch.arange(32, dtype=torch.uint8).view(1, 32, 1, 1).expand(500, 32, 32, 1)
    middles = changed(pixels=column, crop=0.125)[:, 16, 16, 0].tolist()
    assert (min(middles), max(middles)) == (12, 20)


def test_rows_and_columns_are_taken_by_each_picture_for_itself():
    rows = places(5, torch.tensor([0, 1, -1, 0]), torch.tensor([False, False, False, True]))
    columns = places(6, torch.tensor([0, 0, 0, 2]), torch.tensor([False, True, False, False]))
    assert rows.tolist() == [[0, 1, 2, 3, 4], [1, 2, 3, 4, 4], [0, 0, 1, 2, 3], [4, 3, 2, 1, 0]]
    slow = np.stack([PIXELS.numpy()[n][rows[n]][:, columns[n]] for n in range(4)])
    np.testing.assert_array_equal(take(PIXELS, rows, columns), slow)
