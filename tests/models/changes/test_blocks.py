import pytest
import torch
from torch import nn

from sightline.core.errors import SettingsError
from sightline.models.building import build_layers
from sightline.models.changes.blocks import blocks, freeze, unfreeze
from sightline.models.changes.heads import head, replace_head

INCEPTIONS = ["3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("linear", ["dense"]),
        ("lenet", ["conv1", "conv2", "dense1", "dense2", "dense3"]),
        ("alexnet", ["conv1", "conv2", "conv3", "conv4", "conv5", "dense1", "dense2", "head"]),
        ("vgg16-bn", ["stage1", "stage2", "stage3", "stage4", "stage5", "dense1", "dense2", "head"]),
        ("googlenet", ["stem", *(f"inception{row}" for row in INCEPTIONS), "aux1", "aux2", "head"]),
        ("resnet50", ["stem", "layer1", "layer2", "layer3", "layer4", "head"]),
    ],
)
def test_blocks_have_the_names_of_the_papers(name, expected):
    with torch.device("meta"):
        assert [block.name for block in blocks(build_layers(name, (224, 224, 3), 10))] == expected


@pytest.mark.parametrize("name", ["resnet18", "vgg11", "googlenet"])
def test_blocks_stay_what_they_are_when_a_network_is_varied(name):
    with torch.device("meta"):
        plain = build_layers(name, (32, 32, 3), 10)
        varied = build_layers(name, (32, 32, 3), 10, {"activation": "prelu", "dropout": 0.5})
    held = [id(parameter) for block in blocks(varied) for parameter in block.module.parameters()]
    assert [block.name for block in blocks(varied)] == [block.name for block in blocks(plain)]
    assert held == [id(parameter) for parameter in varied.parameters()]


def test_a_block_of_several_layers_can_be_run(network_of):
    layers = network_of("resnet18", (16, 16, 3)).network.eval()
    maps = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        expected = layers(maps)
        for block in blocks(layers):
            maps = block.module(maps)
    assert torch.equal(maps, expected)


def test_a_whole_network_has_the_blocks_of_its_layers(network_of):
    network = network_of("lenet")
    assert [block.name for block in blocks(network)] == [block.name for block in blocks(network.network)]
    assert head(network) is network.network.dense3


def test_a_new_head_goes_to_every_auxiliary_head_too_and_is_fresh():
    with torch.device("meta"):
        layers = build_layers("googlenet", (32, 32, 3), 10)
    before = list(layers.parameters())
    replace_head(layers, 4)
    fresh = {name for name, new in layers.named_parameters() if not any(new is old for old in before)}
    assert fresh == {f"{part}.{kind}" for part in ("fc", "aux1.fc2", "aux2.fc2") for kind in ("weight", "bias")}
    assert {layers.fc.out_features, layers.aux1.fc2.out_features, layers.aux2.fc2.out_features} == {4}


def test_a_new_head_keeps_type_and_mode(network_of):
    network = network_of("lenet").double().eval()
    replace_head(network, 3)
    assert head(network).weight.dtype == torch.float64
    assert not head(network).training


def test_a_network_without_a_dense_layer_has_its_last_1x1_convolution_for_a_head():
    network = nn.Sequential(nn.Conv2d(1, 4, 1), nn.Conv2d(4, 3, 1), nn.Conv2d(3, 3, 3))
    assert head(network) is network[1]


def test_a_network_with_neither_has_no_head():
    with pytest.raises(ValueError, match="no dense layer or 1x1 convolution"):
        head(nn.Sequential(nn.Conv2d(1, 1, 3)))


def one_step(layers):
    optimizer = torch.optim.SGD([part for part in layers.parameters() if part.requires_grad], lr=0.1)
    layers.train()(torch.randn(4, 3, 16, 16)).square().sum().backward()
    optimizer.step()


def changed(layers, before):
    return {key.split(".")[0] for key, tensor in layers.state_dict().items() if not torch.equal(tensor, before[key])}


def test_frozen_blocks_keep_weights_and_statistics_until_they_are_unfrozen(network_of):
    layers = network_of("resnet18", (16, 16, 3)).network
    before = {key: tensor.clone() for key, tensor in layers.state_dict().items()}
    freeze(layers, ["stem", "layer1", "layer2", "layer3"])
    one_step(layers)
    assert changed(layers, before) == {"layer4", "fc"}
    unfreeze(layers, 1)
    one_step(layers)
    assert changed(layers, before) == {"conv1", "bn1", "layer4", "fc"}


def test_freezing_twice_is_undone_by_unfreezing_once(network_of):
    layers = network_of("resnet18", (16, 16, 3)).network
    freeze(layers, 1)
    freeze(layers, 1)
    unfreeze(layers)
    before = {key: tensor.clone() for key, tensor in layers.state_dict().items()}
    one_step(layers)
    assert {"conv1", "bn1"} <= changed(layers, before)


def test_a_block_that_is_not_there_is_refused_with_the_nearest_name(network_of):
    with pytest.raises(SettingsError, match="did you mean 'conv1'"):
        freeze(network_of("lenet"), ["conv11"])


@pytest.mark.parametrize("count", [-1, 6])
def test_more_blocks_than_there_are_can_t_be_frozen(network_of, count):
    with pytest.raises(SettingsError, match=rf"{count} blocks were asked for; the network has 5"):
        freeze(network_of("lenet"), count)
