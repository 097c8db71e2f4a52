"""What MobileNetV2 and EfficientNet-Lite have that no other family has."""

import pytest
import torch
from torch import nn

from sightline.models.building import build_layers
from sightline.models.families.efficientnet_lite import SamePadding

NAMES = ("mobilenet_v2", "efficientnet-lite0")


@pytest.mark.parametrize(("side", "before", "after"), [(7, 1, 1), (8, 0, 1), (1, 1, 1), (2, 0, 1)])
def test_a_zero_that_can_t_be_shared_out_comes_last(side, before, after):
    padded = SamePadding(3, 2)(torch.ones(1, 1, side, side))
    expected = torch.zeros(1, 1, before + side + after, before + side + after)
    expected[..., before : before + side, before : before + side] = 1
    assert torch.equal(padded, expected)


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("side", range(1, 12))
def test_there_is_a_place_for_each_stride_that_begins_in_the_picture(kernel, side):
    maps = nn.Conv2d(1, 1, kernel, stride=2)(SamePadding(kernel, 2)(torch.ones(1, 1, side, side)))
    assert maps.shape[2] == -(-side // 2)


@pytest.mark.parametrize("name", NAMES)
def test_the_activation_is_cut_at_six_and_can_be_another(name):
    with torch.device("meta"):
        own, other = build_layers(name, (64, 64, 3), 5), build_layers(name, (64, 64, 3), 5, {"activation": "gelu"})
    cut = [path for path, layer in own.named_modules() if isinstance(layer, nn.ReLU6)]
    assert len(cut) > 30
    assert [path for path, layer in other.named_modules() if isinstance(layer, nn.GELU)] == cut


@pytest.mark.parametrize("name", NAMES)
def test_the_input_is_added_where_both_have_one_shape_and_nowhere_else(name):
    blocks = [part for part in build_layers(name, (64, 64, 3), 5).modules() if hasattr(part, "adds")]
    assert sum(block.adds for block in blocks) == len(blocks) - 7  # the first of each stage, as its width is new
