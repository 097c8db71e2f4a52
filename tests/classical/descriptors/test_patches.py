import numpy as np
import skimage.data
import torch

from sightline.classical.descriptors.patches import Patches
from sightline.classical.plan import Plan

PHOTO = skimage.data.coffee()[100:117, 200:219]


def described(picture, **plan):
    return Patches(picture.shape, Plan(("patches",), **plan))(torch.from_numpy(picture.copy())[None])[0].numpy()


def test_patches_run_row_by_row_and_their_numbers_by_row_column_and_channel():
    windows = [PHOTO[y : y + 5, x : x + 5].reshape(-1) for y in range(0, 13, 3) for x in range(0, 15, 3)]
    windows = np.array(windows, dtype=float)
    expected = (windows - windows.mean(1, keepdims=True)) / np.sqrt(windows.var(1, keepdims=True) + 10)
    np.testing.assert_allclose(described(PHOTO, patch=5, stride=3), expected, atol=1e-5)


def test_every_patch_is_taken_at_step_1():
    assert described(PHOTO, patch=6, stride=1).shape == (12 * 14, 108)


def test_a_flat_patch_is_zero():
    assert not described(np.full((8, 8, 3), 200, dtype=np.uint8), patch=6, stride=1).any()
