from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

from sightline.models.changes.pooling import POOLINGS, pool_like

WINDOWS = [(2, 2, 0), (3, 2, 0), (3, 2, 1), (3, 3, 1), (2, 3, 0), (5, 4, 2), (3, 1, 1), ((2, 3), (1, 2), (0, 1))]
SIZES = [(5, 5), (6, 9), (7, 8), (11, 10)]


def maps(height=7, width=8, channels=2):
    return torch.randn(2, channels, height, width, generator=torch.Generator().manual_seed(0))


def windows_of(picture, kernel, stride):
    """Return every whole window (rows, columns, kernel * kernel) of a picture, one by one."""
    rows, columns = ((side - kernel) // stride + 1 for side in picture.shape)
    cuts = [
        [picture[r * stride : r * stride + kernel, c * stride : c * stride + kernel].ravel() for c in range(columns)]
        for r in range(rows)
    ]
    return np.array(cuts)


@pytest.mark.parametrize(("name", "summary"), [("max", np.max), ("average", np.mean), ("min", np.min)])
@pytest.mark.parametrize(("kernel", "stride"), [(2, 2), (3, 2), (3, 1)])
def test_a_pool_equals_numpy(name, summary, kernel, stride):
    pooled = pool_like(name, nn.MaxPool2d(kernel, stride), 2)(maps())
    expected = summary(windows_of(maps()[1, 1].numpy(), kernel, stride), axis=2)
    np.testing.assert_allclose(pooled[1, 1], expected, atol=1e-6)


@pytest.mark.parametrize("name", POOLINGS)
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize(("window", "size"), list(product(WINDOWS, SIZES)))
def test_the_size_stays_that_of_the_pool_which_is_replaced(name, ceil_mode, window, size):
    pool = nn.MaxPool2d(*window, ceil_mode=ceil_mode)
    assert pool_like(name, pool, 2)(maps(*size)).shape == pool(maps(*size)).shape


@pytest.mark.parametrize(("name", "sign"), [("max", -1.0), ("average", -1.0), ("average", 1.0), ("min", 1.0)])
def test_padding_does_not_count(name, sign):
    pool = pool_like(name, nn.MaxPool2d(3, 2, 1, ceil_mode=True), 1)
    assert (pool(torch.full((1, 1, 6, 6), sign)) == sign).all()


def test_a_strided_convolution_with_equal_weights_is_an_average_pool():
    pool = nn.AvgPool2d(3, 2, 1)
    convolution = pool_like("stride", pool, 2)
    with torch.no_grad():
        convolution.bias.zero_()
        convolution.weight.zero_()
        convolution.weight[[0, 1], [0, 1]] = 1 / 9
    torch.testing.assert_close(convolution(maps()).detach(), pool(maps()))


@pytest.mark.parametrize("name", ["max", "average", "min"])
def test_pools_have_no_weights_and_striding_has_one_for_each_pixel_and_pair_of_maps(name):
    assert not list(pool_like(name, nn.MaxPool2d(2), 3).parameters())
    assert sum(weight.numel() for weight in pool_like("stride", nn.MaxPool2d(2), 3).parameters()) == 2 * 2 * 3 * 3 + 3
