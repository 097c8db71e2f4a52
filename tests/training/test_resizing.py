"""Pictures that grow while a network learns."""

import numpy as np
import pytest
import torch
from PIL import Image

from sightline.training.resizing import resized, scale_at


def test_pictures_grow_to_full_size_and_stay_so():
    scales = [scale_at(progress / 100, 0.5) for progress in range(101)]
    assert scales[0] == 0.5
    assert scales == sorted(scales)
    assert set(scales[70:]) == {1.0}


def test_smaller_pictures_are_those_of_a_careful_library():
    generator = np.random.default_rng(0)
    picture = np.asarray(Image.fromarray(generator.integers(0, 256, (4, 6, 3), dtype=np.uint8)).resize((48, 32)))
    expected = Image.fromarray(picture).resize((24, 16), Image.Resampling.BILINEAR)
    found = resized(torch.from_numpy(picture.copy())[None], 0.5)[0].numpy()
    np.testing.assert_allclose(found.astype(int), np.asarray(expected).astype(int), atol=1)


@pytest.mark.parametrize(
    ("shape", "scale", "expected"), [((32, 32), 0.5, (16, 16)), ((33, 30), 0.6, (20, 20)), ((3, 9), 0.5, (3, 8))]
)
def test_sides_are_multiples_of_four_and_never_longer_than_they_were(shape, scale, expected):
    assert resized(torch.zeros(1, *shape, 1, dtype=torch.uint8), scale).shape == (1, *expected, 1)


def test_pictures_of_full_size_are_not_copied():
    pixels = torch.zeros(1, 8, 8, 1, dtype=torch.uint8)
    assert resized(pixels, 1.0) is pixels
