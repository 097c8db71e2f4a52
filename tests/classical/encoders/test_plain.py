import pytest
import torch

from sightline.classical.encoders.plain import Plain
from sightline.classical.plan import Plan
from sightline.core.errors import SettingsError


def test_the_descriptors_stand_one_after_the_other(positions, local):
    encoder = Plain(positions, 8, Plan(("hog",)))
    assert encoder.length == 36 * 8
    assert torch.equal(encoder(local), torch.stack([torch.cat(list(picture)) for picture in local]))


def test_a_pyramid_would_change_nothing_and_is_told(positions):
    with pytest.raises(SettingsError, match="pyramid = '1,2' with encoder = 'none'"):
        Plain(positions, 8, Plan(("hog",), pyramid=("1", "2")))


def test_a_descriptor_of_the_whole_picture_may_stand_beside_a_pyramid(positions):
    assert Plain(positions[:1], 24, Plan(("colour-histogram", "sift"), pyramid=("1", "2"))).length == 24
