import pytest
import torch

from sightline.models.building import build_layers
from sightline.models.families.resnet import StochasticDepth


def rates(layers):
    return [part.dropped for part in layers.modules() if isinstance(part, StochasticDepth)]


def test_a_branch_is_left_out_for_whole_pictures_and_scaled_for_the_others():
    torch.manual_seed(0)
    kept = StochasticDepth(0.25).train()(torch.ones(4000, 2, 3, 3))
    assert torch.equal(kept.amin(dim=(1, 2, 3)), kept.amax(dim=(1, 2, 3)))
    assert set(kept.unique().tolist()) == {0.0, torch.tensor(1 / 0.75).item()}
    assert float((kept == 0).float().mean()) == pytest.approx(0.25, abs=0.03)


def test_stochastic_depth_does_nothing_in_eval_mode():
    torch.manual_seed(0)
    with_it = build_layers("resnet18", (16, 16, 3), 10, {"stochastic_depth": 0.9}).eval()
    torch.manual_seed(0)
    without = build_layers("resnet18", (16, 16, 3), 10).eval()
    pictures = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        assert torch.equal(with_it(pictures), without(pictures))


def test_the_rate_grows_linearly_from_the_first_block_to_the_last():
    with torch.device("meta"):
        assert rates(build_layers("resnet18", (16, 16, 3), 10)) == []
        grown = rates(build_layers("resnet50", (16, 16, 3), 10, {"stochastic_depth": 0.8}))
    assert grown == pytest.approx([0.8 * place / 16 for place in range(1, 17)])


def test_a_picture_whose_branches_are_all_left_out_goes_through_the_shortcuts_alone():
    torch.manual_seed(0)
    layers = build_layers("resnet18", (16, 16, 3), 10, {"stochastic_depth": 0.5})
    for part in layers.modules():
        if isinstance(part, StochasticDepth):
            part.dropped = 1 - 1e-9
    block = layers.layer1[0].train()
    maps = torch.rand(4, 64, 5, 5)
    assert torch.equal(block(maps), maps)
