import numpy as np
import pytest
import skimage.data
import torch
from skimage.feature import local_binary_pattern

from sightline.classical.descriptors.lbp import Lbp, Patterns
from sightline.classical.plan import Plan

PICTURES = {
    "a photo": skimage.data.camera()[:101, :157],
    "large flat areas": skimage.data.horse()[:101, :157].astype(np.uint8) * 201,
    "text": skimage.data.text()[:101, :157],
}


def tensor(grey):
    return torch.from_numpy(grey.copy())[None, :, :, None]


@pytest.mark.parametrize("radius", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("name", PICTURES)
def test_every_pixels_pattern_is_the_one_that_scikit_image_finds(name, radius):
    grey = PICTURES[name]
    ours = Patterns((101, 157, 1), radius)(tensor(grey)[..., 0].float())[0].numpy()
    np.testing.assert_array_equal(ours, local_binary_pattern(grey, 8, radius, method="nri_uniform"))


def test_a_cell_holds_the_shares_of_its_patterns():
    grey = PICTURES["a photo"]
    ours = Lbp((101, 157, 1), Plan(("lbp",), cell=16))(tensor(grey))[0].numpy()
    patterns = local_binary_pattern(grey, 8, 1, method="nri_uniform").astype(int)
    cells = [patterns[top : top + 16, left : left + 16] for top in range(0, 96, 16) for left in range(0, 144, 16)]
    expected = [np.bincount(cell.ravel(), minlength=59) / 256 for cell in cells]
    np.testing.assert_allclose(ours, expected, rtol=1e-6)


def test_a_scale_widens_circle_and_cells():
    grey = PICTURES["a photo"]
    ours = Lbp((101, 157, 1), Plan(("lbp",), cell=40, scales=(1.0, 2.0)))(tensor(grey))[0].numpy()
    assert len(ours) == 2 * 3 + 1
    patterns = local_binary_pattern(grey, 8, 2, method="nri_uniform").astype(int)
    np.testing.assert_allclose(ours[-1], np.bincount(patterns[:80, :80].ravel(), minlength=59) / 6400, rtol=1e-6)
