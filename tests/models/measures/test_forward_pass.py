import pytest
import torch
from torch import nn

from sightline.models.measures.forward_pass import leaves, parts, run_shapes, watch_shapes, watched


def network():
    return nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Identity()), nn.Flatten(), nn.Linear(4, 2)).eval()


def test_leaves_hold_no_others_and_parts_are_all_inside():
    assert [name for name, _ in leaves(network())] == ["0.0", "1", "2"]
    assert [name for name, _ in parts(network())] == ["0", "0.0", "0.1", "1", "2"]


def test_shapes_pass_in_order_with_what_each_layer_reads_and_returns():
    seen = []
    watch_shapes(
        network(), (3, 3, 3), after=lambda name, _, maps, output: seen.append((name, maps.shape[1:], output.shape[1:]))
    )
    assert seen == [("0.0", (3, 3, 3), (4, 1, 1)), ("1", (4, 1, 1), (4,)), ("2", (4,), (2,))]


def test_what_looks_on_before_a_layer_may_stop_the_pass_and_leaves_nothing_behind():
    layers, seen = network(), []

    def refuse(name, _layer, _maps):
        seen.append(name)
        raise ValueError(name)

    with pytest.raises(ValueError, match=r"0\.0"):
        watch_shapes(layers, (3, 3, 3), before=refuse)
    assert seen == ["0.0"]
    layers(torch.zeros(1, 3, 3, 3))
    assert seen == ["0.0"]
    assert not layers.training


def test_a_layer_that_returns_no_tensor_is_passed_over():
    class Pair(nn.Module):
        def forward(self, maps):
            return maps, maps

    seen = []
    pair = nn.Sequential(nn.Flatten(), Pair())
    with watched(parts(pair), after=lambda name, *_: seen.append(name)):
        run_shapes(pair, torch.empty(1, 3, 2, 2, device="meta"), training=False)
    assert seen == ["0"]
