import io

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import convolve, gaussian_filter

from sightline.imaging.corruptions import CORRUPTIONS, STRENGTHS, corrupted
from sightline.imaging.corruptions.blur import convolved, gaussian
from sightline.imaging.corruptions.light import cloud


@pytest.fixture(scope="module")
def scene():
    """A picture with shapes of every size, 64x80."""
    generator = np.random.default_rng(0)
    shapes = np.stack([cloud((64, 80), generator) for _ in range(3)], axis=2)
    return np.rint(255 * (0.25 + 0.5 * shapes)).astype(np.uint8)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_stronger_corruption_changes_more_and_the_same_seed_gives_the_same_bits(name, scene):
    changes = [np.abs(corrupted(scene, name, strength, seed=1) - scene.astype(float)).mean() for strength in STRENGTHS]
    assert changes[0] > 0
    assert changes[-1] > changes[0]
    np.testing.assert_array_equal(corrupted(scene, name, 3, seed=1), corrupted(scene, name, 3, seed=1))


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 9, 1), (7, 2, 3), (33, 20, 1)])
def test_a_picture_of_any_size_keeps_its_shape(name, shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    for strength in (1, 5):
        damaged = corrupted(pixels, name, strength, seed=0)
        assert (damaged.shape, damaged.dtype) == (shape, np.uint8)


@pytest.mark.parametrize("name", ["gaussian-blur", "defocus-blur", "zoom-blur", "contrast", "fog"])
def test_a_picture_of_twice_the_size_is_damaged_alike(name, scene):
    large = np.asarray(Image.fromarray(scene).resize((320, 256), Image.Resampling.BICUBIC))
    small = np.asarray(Image.fromarray(large).resize((160, 128), Image.Resampling.BOX))
    reduced = Image.fromarray(corrupted(large, name, 4, seed=0)).resize((160, 128), Image.Resampling.BOX)
    ours, theirs = corrupted(small, name, 4, seed=0).astype(float), np.asarray(reduced, dtype=float)
    if name == "fog":  # another cloud, but as much of it
        assert ours.mean() == pytest.approx(theirs.mean(), rel=0.15)
    else:
        assert np.abs(ours - theirs).mean() < 0.25 * np.abs(ours - small).mean()


def test_a_gaussian_blur_is_scipy_s(scene):
    picture = scene / 255.0
    ours = gaussian(picture, 2 / 64, np.random.default_rng(0))
    theirs = gaussian_filter(picture, (2, 2, 0), mode="reflect", radius=(7, 7, 0))
    np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_a_convolution_is_scipy_s_for_any_kernel(scene):
    kernel = np.random.default_rng(1).random((5, 5))
    theirs = convolve(scene / 255.0, (kernel / kernel.sum())[:, :, None], mode="reflect")
    np.testing.assert_allclose(convolved(scene / 255.0, kernel), theirs, atol=1e-9)


def test_noise_has_the_deviation_and_the_counts_that_it_names():
    grey = np.full((200, 200, 1), 128, np.uint8)
    assert corrupted(grey, "gaussian-noise", 1, seed=0).std() / 255 == pytest.approx(0.08, rel=0.03)
    photons = 128 / 255 * 25
    assert corrupted(grey, "shot-noise", 2, seed=0).std() / 255 == pytest.approx(np.sqrt(photons) / 25, rel=0.03)
    assert np.isin(corrupted(grey, "impulse-noise", 5, seed=0), (0, 255)).mean() == pytest.approx(0.27, abs=0.01)


def test_light_and_compression_are_what_their_formulas_say(scene):
    picture = scene / 255.0
    mean = picture.mean(axis=(0, 1))
    np.testing.assert_array_equal(
        corrupted(scene, "contrast", 3, seed=0), np.rint(255 * (0.2 * (picture - mean) + mean))
    )
    np.testing.assert_array_equal(corrupted(scene, "darkness", 5, seed=0), np.rint(255 * np.clip(picture - 0.5, 0, 1)))
    stream = io.BytesIO()
    Image.fromarray(scene).save(stream, "JPEG", quality=7)
    np.testing.assert_array_equal(corrupted(scene, "jpeg", 5, seed=0), np.asarray(Image.open(stream)))


def test_a_rotation_turns_to_either_side_and_shows_no_black_corner(scene):
    bright = np.maximum(scene, 60)
    turned = {corrupted(bright, "rotation", 5, seed=seed).tobytes() for seed in range(8)}
    assert len(turned) == 2
    assert corrupted(bright, "rotation", 5, seed=0).min() >= 60
