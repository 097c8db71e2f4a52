import numpy as np
import pytest
import torch

from sightline.imaging.augmentation.grain import add_noise, blur


def test_a_blur_is_a_gaussian_with_the_deviation_that_was_said():
    points = torch.zeros(2, 1, 41, 41)
    points[:, 0, 20, 20] = 1
    blurred = blur(points, torch.tensor([1.0, 3.0])).numpy()[:, 0]
    steps = np.arange(41) - 20
    for picture, deviation in zip(blurred, (1.0, 3.0), strict=True):
        assert picture.sum() == pytest.approx(1, abs=1e-4)
        assert np.sqrt((picture.sum(axis=0) * steps**2).sum()) == pytest.approx(deviation, rel=0.02)
        np.testing.assert_allclose(picture, picture.T, atol=1e-7)


def test_a_blur_of_nothing_changes_nothing_and_of_a_flat_picture_neither():
    given = torch.rand(2, 3, 5, 6)
    np.testing.assert_array_equal(blur(given, torch.zeros(2)), given)
    flat = torch.full((1, 3, 5, 6), 100.0)
    np.testing.assert_allclose(blur(flat, torch.tensor([4.0])), flat, rtol=1e-5)


def test_noise_has_each_picture_s_own_deviation_and_no_mean():
    given = torch.zeros(2, 3, 100, 100)
    noise = add_noise(given, torch.tensor([2.0, 20.0]), torch.Generator().manual_seed(0)).numpy()
    np.testing.assert_allclose(noise.std(axis=(1, 2, 3)), [2, 20], rtol=0.03)
    np.testing.assert_allclose(noise.mean(axis=(1, 2, 3)), [0, 0], atol=0.5)
    assert np.corrcoef(noise[1, 0].ravel(), noise[1, 1].ravel())[0, 1] == pytest.approx(0, abs=0.05)
