from collections import OrderedDict
from functools import cache

import numpy as np
import pytest
import torch
from torch import nn

from sightline.core.errors import SettingsError
from sightline.models import MODELS
from sightline.models.building import build_layers, build_network
from sightline.models.changes.pooling import POOLINGS
from sightline.models.changes.regularisers import NORMALISATIONS, REGULARISERS
from sightline.models.changes.techniques import vary
from sightline.models.changes.variation import VARIATION_OPTIONS, WITHOUT_HIDDEN_LAYERS, Variation, symmetric_start
from sightline.models.changes.window_layers import MinPool2d, StridedConvolution
from sightline.models.measures.trace import WEIGHTED, traced
from sightline.models.summary import summarise

SHAPE = (32, 32, 3)
FAMILIES = ["linear", "mlp", "lenet", "basic-cnn", "alexnet", "vgg11", "googlenet", "resnet18"]
EVERYTHING = {
    "activation": "prelu",
    "pooling": "stride",
    "normalisation": "batch",
    "dropout": 0.25,
    "channel_dropout": 0.1,
    "initialisation": "he",
}


class Block(nn.Module):
    """A residual block as a paper has it: its own forward calls its layers by name."""

    def __init__(self, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, stride=stride, padding=1)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.relu2 = nn.ReLU(inplace=True)
        self.shortcut = nn.Conv2d(channels, channels, 1, stride=stride)

    def forward(self, maps):
        return self.relu2(self.conv2(self.relu1(self.conv1(maps))) + self.shortcut(maps))


class Nested(nn.Module):
    """Blocks, branches, a pool that keeps the size, and two auxiliary heads that training alone sees."""

    def __init__(self, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1, ceil_mode=True)
        self.branch = nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(8, 8, 1), nn.ReLU())
        self.block = Block(8)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8, classes)
        self.aux = nn.Sequential(nn.Flatten(), nn.Linear(8 * 17 * 17, 4), nn.ReLU(), nn.Linear(4, classes))
        self.low = nn.Sequential(nn.Flatten(), nn.Linear(8 * 17 * 17, classes))

    def forward(self, pixels):
        maps = self.maxpool(self.relu(self.conv1(pixels)))
        logits = self.fc(self.pool(self.block(maps) + self.branch(maps)).flatten(1))
        return (logits, self.aux(maps), self.low(maps)) if self.training else logits


def staged():
    """Return a network whose blocks stride: stages of blocks and no pool."""
    stages = {f"layer{number}": nn.Sequential(Block(4), Block(4, stride=2)) for number in (1, 2)}
    head = {"pool": nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten(), "fc": nn.Linear(4, 10)}
    return nn.Sequential(OrderedDict({"conv1": nn.Conv2d(3, 4, 3, padding=1), **stages, **head}))


def nested(**options):
    torch.manual_seed(0)
    return vary(Nested(), (33, 33, 3), Variation(**options))


def kinds(network):
    return [type(layer) for layer in network.modules()]


def pixels(count=4, side=33):
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(0))


@cache
def taken_by(name):
    """Return the parts of `EVERYTHING` that a network of the table can take."""
    options = {}
    for option, value in EVERYTHING.items():
        try:
            with torch.device("meta"):
                build_layers(name, SHAPE, 10, {option: value})
        except SettingsError:
            continue
        options[option] = value
    return options


def test_the_defaults_change_nothing():
    torch.manual_seed(0)
    plain = Nested()
    changed = nested()
    assert str(changed) == str(plain)
    assert all(torch.equal(plain.state_dict()[key], tensor) for key, tensor in changed.state_dict().items())


def test_every_network_keeps_its_layers_names_and_shapes(name):
    with torch.device("meta"):
        plain, changed = (build_layers(name, SHAPE, 10, options).state_dict() for options in ({}, taken_by(name)))
    assert taken_by(name)
    assert {key: changed[key].shape for key in plain} == {key: tensor.shape for key, tensor in plain.items()}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_network_of_each_family_learns_in_every_layer_when_all_is_changed(family, network_of, pictures_of):
    network = network_of(family, SHAPE, options=taken_by(family)).train()
    answers = network(torch.from_numpy(pictures_of(4, SHAPE)))
    sum(answer.square().sum() for answer in (answers if isinstance(answers, tuple) else (answers,))).backward()
    # A bias before batch normalisation is taken away again: rounding alone decides whether its gradient is zero.
    weights = {key: weight for key, weight in network.named_parameters() if not key.endswith("bias")}
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in weights.values())
    assert [key for key, weight in weights.items() if not weight.grad.any()] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_a_network_is_rebuilt_from_its_options_without_memory_and_scores_the_same(
    family, network_of, preprocess_of, pictures_of
):
    network, pictures = network_of(family, SHAPE, options=taken_by(family)), torch.from_numpy(pictures_of(4, SHAPE))
    with torch.no_grad():
        network.train()(pictures)  # moves the means of batch normalisation
    weights = {key: tensor.clone().float() for key, tensor in network.state_dict().items()}
    with torch.device("meta"):
        again = build_network(family, preprocess_of(SHAPE), 10, taken_by(family))
    again.load_state_dict(weights, assign=True)
    with torch.no_grad():
        assert torch.equal(again.eval()(pictures), network.eval()(pictures))


def test_a_summary_shows_what_was_put_in():
    rows = {row.name: row for row in summarise("basic-cnn", SHAPE, 10, {"normalisation": "batch", "pooling": "stride"})}
    assert rows["conv1_norm"].kind == "BatchNorm2d"
    assert rows["pool1"].kind == "StridedConvolution 2x2, stride 2"
    assert rows["pool1"].shape == (32, 14, 14)


def test_every_activation_is_replaced_those_in_blocks_and_auxiliary_heads_too():
    network = nested(activation="gelu")
    assert nn.ReLU not in kinds(network)
    assert kinds(network).count(nn.GELU) == 5


@pytest.mark.parametrize("pooling", POOLINGS)
def test_every_pool_is_replaced_but_striding_leaves_those_that_keep_the_size(pooling):
    network = nested(pooling=pooling)
    kind = {"max": nn.MaxPool2d, "average": nn.AvgPool2d, "min": MinPool2d, "stride": StridedConvolution}[pooling]
    assert type(network.maxpool) is kind
    assert type(network.branch[0]) is (nn.MaxPool2d if pooling == "stride" else kind)
    assert type(network.pool) is nn.AdaptiveAvgPool2d
    assert network.eval()(pixels()).shape == (4, 10)


def test_normalisation_stands_between_a_hidden_layer_and_its_activation():
    rows = [layer.name for layer in traced(build_layers("lenet", SHAPE, 10, {"normalisation": "batch"}), SHAPE).layers]
    assert rows[:6] == ["conv1", "conv1_norm", "tanh1", "pool1", "conv2", "conv2_norm"]
    assert rows[-5:] == ["tanh3", "dense2", "dense2_norm", "tanh4", "dense3"]


def test_inside_a_block_normalisation_stands_where_an_activation_follows():
    network = nested(normalisation="batch")
    names = [layer.name for layer in traced(network, (33, 33, 3)).layers]
    assert names[:2] == ["conv1", "relu.norm"]
    assert names[names.index("block.conv1") + 1] == "block.relu1.norm"
    assert names[names.index("branch.1") + 1] == "branch.1_norm"
    assert names[names.index("aux.1") + 1] == "aux.1_norm"
    assert {"fc", "aux.3", "low.1"} == traced(network, (33, 33, 3)).heads


def test_a_normalised_network_gives_maps_of_mean_zero_and_deviation_one():
    network = build_layers("basic-cnn", SHAPE, 10, {"normalisation": "batch"}).train()
    maps = network[:2](10 + 5 * pixels(8, 32))
    torch.testing.assert_close(maps.mean((0, 2, 3)), torch.zeros(32), atol=1e-4, rtol=0)
    torch.testing.assert_close(maps.std((0, 2, 3)), torch.ones(32), atol=1e-2, rtol=0)


def test_the_rate_of_all_dropout_layers_is_set():
    network = nn.Sequential(nn.Flatten(), nn.Linear(27, 4), nn.Dropout(0.5), nn.Linear(4, 4), nn.Dropout(0.7))
    vary(network, (3, 3, 3), Variation(dropout=0.0))
    assert [network[2].p, network[4].p] == [0, 0]
    assert len(network) == 5


def test_a_network_without_dropout_gets_it_before_each_dense_layer_that_does_not_read_pixels():
    names = [name for name, _ in build_layers("basic-cnn", SHAPE, 10, {"dropout": 0.3}).named_children()]
    assert names[-5:] == ["dense1_dropout", "dense1", "relu6", "dense2_dropout", "dense2"]
    names = [name for name, _ in build_layers("mlp", SHAPE, 10, {"dropout": 0.3}).named_children()]
    assert names == ["flatten", "dense1", "relu1", "dense2_dropout", "dense2"]


def test_a_dense_layer_that_a_forward_calls_by_name_gets_dropout_too():
    network = nested(dropout=0.3)
    names = [layer.name for layer in traced(network, (33, 33, 3)).layers]
    assert names[names.index("fc") - 1] == "pool.dropout"
    assert "fc.weight" in network.state_dict()


def test_a_dropout_of_zero_is_fine_where_there_is_none():
    assert nn.Dropout not in kinds(build_layers("mlp", SHAPE, 10, {"dropout": 0}))


def test_channels_are_dropped_after_each_pool_that_shrinks():
    network = nested(channel_dropout=0.4)
    assert [name for name, layer in network.named_modules() if isinstance(layer, nn.Dropout2d)] == [
        "maxpool.channel_dropout"
    ]
    names = [name for name, _ in build_layers("lenet", SHAPE, 10, {"channel_dropout": 0.4}).named_children()]
    assert [name for name in names if "dropout" in name] == ["pool1_channel_dropout", "pool2_channel_dropout"]


def test_channels_are_dropped_after_each_stage_of_a_network_of_blocks():
    network = vary(staged(), SHAPE, Variation(channel_dropout=0.4))
    assert [name for name, layer in network.named_modules() if isinstance(layer, nn.Dropout2d)] == [
        "layer1.1_channel_dropout",
        "layer2.1_channel_dropout",
    ]


@pytest.mark.parametrize(
    ("model", "options", "lack"),
    [
        ("mlp", {"pooling": "min"}, "pooling=min would change nothing: mlp has no pooling layer"),
        ("linear", {"activation": "relu"}, "linear has no activation"),
        ("linear", {"normalisation": "batch"}, "linear has no hidden layer"),
        ("linear", {"dropout": 0.5}, "linear has no dense layer but the one that reads the pixels"),
        ("mlp", {"channel_dropout": 0.5}, "mlp has neither pooling layers nor stages"),
        ("lenet", {"initial_bias": 0.01}, "lenet has no bias that a ReLU"),
        ("basic-cnn", {"initial_bias": 0.01, "normalisation": "batch"}, "batch normalisation takes biases away"),
    ],
)
def test_what_would_change_nothing_is_refused_with_what_the_network_lacks(model, options, lack):
    with pytest.raises(SettingsError, match=lack):
        build_layers(model, SHAPE, 10, options)


def test_all_that_would_change_nothing_is_told_at_once():
    with pytest.raises(SettingsError, match=r"pooling=max.*linear.*activation=tanh.*linear"):
        build_layers("linear", SHAPE, 10, {"activation": "tanh", "pooling": "max"})


def test_a_network_that_is_normalised_already_is_left_alone():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(3600, 10))
    with pytest.raises(SettingsError, match="my-net has batch normalisation already"):
        vary(network, SHAPE, Variation(normalisation="batch"), model="my-net")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"activation": "reLU"}, "there is no activation named 'reLU'"),
        ({"pooling": "maximum"}, "there is no pooling named 'maximum'"),
        ({"normalisation": "layer"}, "there is no normalisation named 'layer'"),
        ({"initialisation": "kaiming"}, "there is no initialisation named 'kaiming'"),
        ({"dropout": 1.0}, "dropout = 1.0"),
        ({"dropout": "half"}, "dropout = 'half'"),
        ({"dropout": True}, "dropout = True"),
        ({"channel_dropout": -0.1}, "channel_dropout = -0.1"),
        ({"channel_dropout": float("nan")}, "channel_dropout = nan"),
        ({"initial_bias": -1}, "initial_bias = -1"),
        ({"initial_bias": float("inf")}, "initial_bias = inf"),
        ({"hidden": [3]}, "lenet has no option named 'hidden'"),
    ],
)
def test_an_impossible_option_is_refused_with_its_value(options, problem):
    with pytest.raises(SettingsError, match=problem):
        build_layers("lenet", SHAPE, 10, options)


def test_options_of_the_builder_and_of_the_variation_lie_in_one_dict():
    network = build_layers("mlp", SHAPE, 10, {"hidden": [7], "activation": "tanh"})
    assert network.dense1.out_features == 7
    assert isinstance(network.relu1, nn.Tanh)


def test_the_options_of_a_variation_are_what_differs_from_the_defaults():
    assert Variation().as_options() == {}
    assert Variation(**EVERYTHING).as_options() == EVERYTHING
    assert set(EVERYTHING) < set(VARIATION_OPTIONS)


def test_looking_into_a_network_uses_up_no_random_number_and_leaves_its_mode():
    network = Nested().eval()
    torch.manual_seed(0)
    before = torch.get_rng_state()
    traced(network, (33, 33, 3))
    assert torch.equal(before, torch.get_rng_state())
    assert not network.training
    assert not any(layer._forward_hooks for layer in network.modules())  # noqa: SLF001 - nothing may be left behind


def test_zeros_are_warned_of_and_other_starts_are_not():
    finding = symmetric_start(Variation(initialisation="zeros"), model="lenet")
    assert finding.code == "zeros-do-not-train"
    assert finding.severity == "warning"
    assert "initialisation=he" in finding.advice
    assert symmetric_start(Variation(initialisation="he"), model="lenet") is None
    assert symmetric_start(Variation(initialisation="zeros"), model="linear") is None


def test_the_networks_that_train_from_zeros_are_those_with_one_layer():
    with torch.device("meta"):
        layers = {name: build_layers(name, SHAPE, 10).modules() for name in MODELS}
    counts = {name: sum(isinstance(layer, WEIGHTED) for layer in layers[name]) for name in MODELS}
    assert tuple(name for name, count in counts.items() if count == 1) == WITHOUT_HIDDEN_LAYERS


def test_the_list_of_regularisers_names_real_options():
    named = {entry.setting.partition("=")[0] for entry in REGULARISERS.values()}
    assert {"dropout", "channel_dropout", "normalisation"} <= named & set(VARIATION_OPTIONS)
    assert list(NORMALISATIONS) == ["batch"]
    assert all(entry.line and entry.reference for entry in REGULARISERS.values())


def test_a_changed_network_scores_a_picture_alone_as_in_a_batch(network_of, pictures_of):
    network, pictures = network_of("basic-cnn", options=EVERYTHING).eval(), pictures_of(5, SHAPE)
    with torch.no_grad():
        together = network(torch.from_numpy(pictures))
        alone = torch.cat([network(torch.from_numpy(picture[None])) for picture in pictures])
    np.testing.assert_allclose(alone, together, atol=1e-5)
