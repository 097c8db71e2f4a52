import numpy as np
import pytest
import skimage.data
import torch
from skimage.feature import hog

from sightline.classical.descriptors.hog import Hog
from sightline.classical.plan import Plan

PICTURES = {
    "rgb": skimage.data.astronaut()[100:165, 150:221],
    "another rgb": skimage.data.coffee()[100:164, 200:264],
    "grey": skimage.data.camera()[100:164, 150:215, None],
}


def described(picture, **plan):
    return Hog(picture.shape, Plan(("hog",), **plan))(torch.from_numpy(picture.copy())[None])[0].numpy()


@pytest.mark.parametrize("orientations", [4, 8, 9, 12])
@pytest.mark.parametrize("cell", [4, 8])
@pytest.mark.parametrize("name", PICTURES)
def test_hog_is_what_scikit_image_has(name, cell, orientations):
    expected = hog(
        PICTURES[name],
        orientations=orientations,
        pixels_per_cell=(cell, cell),
        cells_per_block=(2, 2),
        block_norm="L2-Hys",
        feature_vector=False,
        channel_axis=-1,
    )
    ours = described(PICTURES[name], cell=cell, orientations=orientations)
    np.testing.assert_allclose(ours, expected.reshape(-1, 4 * orientations), atol=1e-6)


def test_the_blocks_of_all_scales_stand_one_after_the_other():
    picture = PICTURES["rgb"]
    both = described(picture, cell=4, scales=(1.0, 2.0))
    np.testing.assert_array_equal(both, np.concatenate([described(picture, cell=4), described(picture, cell=8)]))


def test_an_edge_votes_for_the_direction_across_it_whichever_side_is_bright():
    picture = np.zeros((8, 8, 1), dtype=np.uint8)
    picture[4:] = 100
    for one in (picture, 255 - picture):
        votes = described(one, cell=4, orientations=4).reshape(4, 4)
        assert (votes[:, 2] > 0).all()  # 90 to 135 degrees
        assert not votes[:, [0, 1, 3]].any()
