import numpy as np
import skimage.data
import torch
from PIL import Image

from sightline.classical.descriptors.gradients import differences, inner_differences, luma, strongest_differences


def test_luma_is_what_pillow_makes_of_a_grey_picture():
    every = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    for picture in (skimage.data.astronaut(), every):
        expected = np.asarray(Image.fromarray(picture).convert("L"), dtype=np.float32)
        np.testing.assert_array_equal(luma(torch.from_numpy(picture)[None])[0].numpy(), expected)


def test_differences_are_between_the_neighbours_of_a_pixel_and_0_at_the_border():
    values = torch.tensor([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0], [64.0, 128.0, 256.0]])
    down, right = differences(values)
    assert down.tolist() == [[0, 0, 0], [63, 126, 252], [0, 0, 0]]
    assert right.tolist() == [[0, 3, 0], [0, 24, 0], [0, 192, 0]]
    assert [inner.tolist() for inner in inner_differences(values)] == [[[126]], [[24]]]


def test_the_channel_with_the_longest_gradient_counts_and_the_first_of_equals():
    channels = torch.zeros(1, 3, 3, 3)
    channels[0, 1, 1, 2] = 5.0  # green: 5 to the right
    channels[0, 2, 2, 1] = 5.0  # blue: 5 downwards, as long
    down, right = strongest_differences(channels)
    assert (down[0, 1, 1], right[0, 1, 1]) == (0, 5)
    channels[0, 2, 2, 1] = 6.0
    down, right = strongest_differences(channels)
    assert (down[0, 1, 1], right[0, 1, 1]) == (6, 0)
