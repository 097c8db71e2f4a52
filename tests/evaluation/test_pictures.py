from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from sightline.evaluation.pictures import confident_mistakes, is_small, least_certain, picture_uri

TRUTH = np.array([0, 0, 1, 1, 0])
PROBABILITIES = np.array([[0.9, 0.1], [0.3, 0.7], [0.95, 0.05], [0.48, 0.52], [0.3, 0.7]])


def decoded(uri):
    return Image.open(BytesIO(b64decode(uri.split(",", 1)[1])))


def test_confident_mistakes_come_surest_first_and_ties_in_order():
    assert confident_mistakes(TRUTH, PROBABILITIES, 9).tolist() == [2, 1, 4]
    assert confident_mistakes(TRUTH, PROBABILITIES, 2).tolist() == [2, 1]


def test_no_mistakes_give_no_pictures():
    assert confident_mistakes(PROBABILITIES.argmax(axis=1), PROBABILITIES, 5).size == 0


def test_least_certain_pictures_come_closest_to_a_tie_first():
    assert least_certain(TRUTH, PROBABILITIES, 3).tolist() == [3, 1, 4]


def test_the_margin_is_between_the_best_two_not_to_certainty():
    probabilities = np.array([[0.5, 0.25, 0.25], [0.52, 0.47, 0.01]])
    assert least_certain([0, 0], probabilities, 1).tolist() == [1]


def test_a_single_class_is_never_in_doubt():
    assert least_certain([0, 0, 0], np.ones((3, 1)), 2).tolist() == [0, 1]


@pytest.mark.parametrize("choose", [confident_mistakes, least_certain])
def test_choices_refuse_what_does_not_fit(choose):
    with pytest.raises(ValueError, match="truth"):
        choose([0, 1, 0], PROBABILITIES, 1)


def test_a_small_picture_travels_without_loss():
    pixels = np.random.default_rng(0).integers(0, 256, (9, 96, 3), dtype=np.uint8)
    uri = picture_uri(pixels)
    assert is_small(pixels)
    assert uri.startswith("data:image/png;base64,")
    np.testing.assert_array_equal(np.asarray(decoded(uri)), pixels)


def test_a_large_picture_travels_as_a_reduced_jpeg_that_looks_alike():
    ramp = np.linspace(0, 255, 800).astype(np.uint8)
    pixels = np.stack([np.tile(ramp, (600, 1))] * 3, axis=-1)
    image = decoded(picture_uri(pixels))
    assert not is_small(pixels)
    assert (image.format, image.size) == ("JPEG", (384, 288))
    expected = np.asarray(Image.fromarray(pixels).resize(image.size), dtype=float)
    assert np.abs(np.asarray(image, dtype=float) - expected).mean() < 3


def test_a_picture_between_the_sizes_keeps_its_size():
    assert decoded(picture_uri(np.zeros((97, 200, 3), np.uint8))).size == (200, 97)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((8, 8, 3)),
        np.zeros((0, 8, 3), np.uint8),
    ],
)
def test_pixels_of_another_shape_or_type_are_refused(pixels):
    with pytest.raises(ValueError, match="pixels must be"):
        picture_uri(pixels)
