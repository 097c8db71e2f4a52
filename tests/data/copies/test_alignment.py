"""Laying thumbnails over each other: what fits, what is given up, and that nothing given is changed."""

import numpy as np
import pytest
from PIL import Image

from sightline.data.copies.alignment import align, distances
from sightline.data.copies.spectra import WHOLE


@pytest.fixture(scope="module")
def thumbnails():
    """Six clouds, (6, 32, 32)."""
    coarse = np.random.default_rng(0).integers(0, 256, (6, 8, 8), dtype=np.uint8)
    return np.stack([np.asarray(Image.fromarray(one).resize((32, 32), Image.Resampling.BICUBIC)) for one in coarse])


def whole(count):
    return np.tile(np.array(WHOLE, np.float32), (count, 1))


def test_a_brighter_copy_that_was_moved_fits_where_it_lies(thumbnails):
    moved = np.roll(thumbnails // 2 + 60, 1, axis=2)

    alignment = align(moved, thumbnails, whole(6), steps=(np.inf,) * 6)
    np.testing.assert_allclose(alignment.boxes[:, 0], -1 / 32, atol=0.01)
    np.testing.assert_allclose(alignment.gains, 0.5, atol=0.05)
    assert (distances(moved, thumbnails, alignment) < 0.2).all()


def test_a_pair_that_does_not_begin_to_fit_takes_no_step(thumbnails):
    first, second = thumbnails[[0, 0]], np.stack([np.roll(thumbnails[0], 1, axis=1), thumbnails[1]])

    alignment = align(first, second, whole(2), steps=(0.7, 0.7))
    assert (alignment.boxes[0] != WHOLE).any()
    assert (alignment.boxes[1] == WHOLE).all()
    assert (align(first[1:], second[1:], whole(1), steps=(0.7, 0.7)).boxes == WHOLE).all(), "nor where it is alone"


def test_the_boxes_that_were_given_stay_as_they_are(thumbnails):
    boxes = whole(6)
    align(np.roll(thumbnails, 1, axis=2), thumbnails, boxes, steps=(np.inf,) * 2)
    np.testing.assert_array_equal(boxes, whole(6))
