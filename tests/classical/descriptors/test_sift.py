import cv2
import numpy as np
import pytest
import skimage.data
import torch

from sightline.classical.descriptors.sift import RootSift, Sift
from sightline.classical.plan import Plan

SIDE = 96
PICTURES = {
    "camera": skimage.data.camera()[100 : 100 + SIDE, 150 : 150 + SIDE],
    "face": skimage.data.astronaut()[100 : 100 + SIDE, 150 : 150 + SIDE, 1],
    "fur": skimage.data.chelsea()[50 : 50 + SIDE, 100 : 100 + SIDE, 1],
}
LEAST_DEVIATION = 5


def described(kind, grey, **plan):
    descriptor = kind((*grey.shape, 1), Plan(("sift",), **plan))
    return descriptor(torch.from_numpy(grey.copy())[None, :, :, None])[0].numpy(), descriptor.positions


@pytest.mark.parametrize("side", [13, 17, 33])
@pytest.mark.parametrize("name", PICTURES)
def test_every_textured_patch_is_described_as_opencv_does(name, side):
    """A side that is odd has its middle on a pixel, as a keypoint must; OpenCV's cells have 1.5 sizes."""
    grey = PICTURES[name]
    ours, positions = described(Sift, grey, cell=4, scales=(side / 16,), stride=3)
    middles = np.floor(positions * SIDE).astype(int)
    keypoints = [cv2.KeyPoint(float(x), float(y), side / 4 / 1.5, 0.0, 1.0, 0) for y, x in middles]
    _, theirs = cv2.SIFT_create(sigma=0.5).compute(grey, keypoints)  # as good as no blur
    half = side // 2
    windows = [grey[y - half : y + half + 1, x - half : x + half + 1] for y, x in middles]
    textured = [number for number, window in enumerate(windows) if window.std() > LEAST_DEVIATION]
    assert len(textured) > len(middles) / 3
    assert min(np.corrcoef(ours[number], theirs[number])[0, 1] for number in textured) > 0.999


def test_a_patch_without_gradient_is_zero_and_all_others_have_length_1():
    grey = PICTURES["camera"].copy()
    grey[:40, :40] = 77
    ours, positions = described(Sift, grey, cell=4)
    lengths = np.linalg.norm(ours, axis=1)
    flat = (positions * SIDE + 10 < 40).all(axis=1)  # bilinear cells reach half a cell further
    assert flat.sum() > 9
    assert not ours[flat].any()
    np.testing.assert_allclose(lengths[~flat], 1, rtol=1e-5)


def test_brightness_and_contrast_do_not_matter():
    grey = PICTURES["fur"] // 4
    np.testing.assert_allclose(described(Sift, grey * 3 + 40, cell=4)[0], described(Sift, grey, cell=4)[0], atol=1e-5)


def test_euclidean_distances_of_root_sift_are_hellingers():
    ours, _ = described(RootSift, PICTURES["face"], cell=4)
    shares, _ = described(Sift, PICTURES["face"], cell=4)
    shares = shares / shares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(ours @ ours.T, np.sqrt(shares) @ np.sqrt(shares).T, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, rtol=1e-5)
