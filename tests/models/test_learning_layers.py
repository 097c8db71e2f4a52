"""Each technique does what its textbook says: small networks, seeded, next to the same network without it."""

import math
from collections import OrderedDict
from functools import cache

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from sightline.models.building import build_layers
from sightline.models.changes.activations import ACTIVATIONS
from sightline.models.changes.techniques import vary
from sightline.models.changes.variation import Variation

SIDE = 8


@cache
def digits():
    """Return 1,797 handwritten digits (N, 1, 8, 8) from 0 to 1 in a shuffled order, and their labels (N,)."""
    known = load_digits()
    order = torch.randperm(len(known.target), generator=torch.Generator().manual_seed(0))
    return (torch.tensor(known.images).float().unsqueeze(1) / 16)[order], torch.tensor(known.target)[order]


def deep(depth, width=64, **options):
    """Return an mlp of the table with fresh weights."""
    torch.manual_seed(0)
    return build_layers("mlp", (SIDE, SIDE, 1), 10, {"hidden": [width] * depth, **options})


def varied(shape, layers, **options):
    """Return a chain of our own, varied."""
    torch.manual_seed(0)
    chain = nn.Sequential(OrderedDict((name, make()) for name, make in layers.items()))
    return vary(chain, shape, Variation(**options))


def learn(network, pixels, labels, *, steps=100, rate=0.01):
    """Take so many steps of Adam on all pictures at once, and return the network in eval mode."""
    optimizer = torch.optim.Adam([weight for weight in network.parameters() if weight.requires_grad], lr=rate)
    network.train()
    for _ in range(steps):
        optimizer.zero_grad()
        cross_entropy(network(pixels), labels).backward()
        optimizer.step()
    return network.eval()


@torch.no_grad()
def accuracy(network, pixels, labels):
    return (network.eval()(pixels).argmax(1) == labels).float().mean().item()


@torch.no_grad()
def maps_of(network, pixels, kind):
    """Return what every layer of a kind gives, in order."""
    given = []
    hooks = [
        layer.register_forward_hook(lambda _layer, _inputs, output: given.append(output))
        for layer in network.modules()
        if isinstance(layer, kind)
    ]
    network(pixels)
    for hook in hooks:
        hook.remove()
    return given


def noise(count=256):
    return torch.randn(count, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


def spreads(activation, initialisation):
    """Return the root mean square of the activations in each of ten layers."""
    network = deep(10, 256, activation=activation, initialisation=initialisation)
    kind = type(ACTIVATIONS[activation].build())
    return [maps.square().mean().sqrt().item() for maps in maps_of(network, noise(), kind)]


def test_xavier_keeps_the_spread_of_tanh_over_ten_layers_and_small_numbers_let_it_die_out():
    assert min(spreads("tanh", "xavier")) > 0.15
    assert spreads("tanh", "small")[-1] < 1e-6


def test_he_keeps_the_spread_of_relu_over_ten_layers_and_xavier_loses_half_the_power_in_each():
    first, *_, last = spreads("relu", "he")
    assert 0.5 < last / first < 2
    first, *_, last = spreads("relu", "xavier")
    assert last / first == pytest.approx(math.sqrt(0.5) ** 9, rel=0.5)


@pytest.mark.parametrize(("initialisation", "kept"), [("orthogonal", True), ("xavier", False), ("he", False)])
def test_orthogonal_weights_keep_lengths_exactly_in_a_deep_linear_network(initialisation, kept):
    layers = {f"dense{number}": lambda: nn.Linear(64, 64) for number in range(20)}
    network = varied((8, 8, 1), {"flatten": nn.Flatten, **layers}, initialisation=initialisation)
    lengths = maps_of(network, noise(), nn.Linear)[-1].norm(dim=1) / noise().flatten(1).norm(dim=1)
    assert bool(((lengths - 1).abs() < 1e-4).all()) == kept


def test_zeros_do_not_train_only_the_last_bias_moves():
    pixels, labels = digits()
    network = learn(deep(1, initialisation="zeros"), pixels, labels)
    assert not network.dense1.weight.any()
    assert not network.dense2.weight.any()
    assert network.dense2.bias.any()
    assert accuracy(network, pixels, labels) < 0.12
    assert accuracy(learn(deep(1, initialisation="he"), pixels, labels), pixels, labels) > 0.95


def test_neurons_that_start_equal_stay_equal_and_count_as_one():
    pixels, labels = digits()
    network = deep(1, initialisation="zeros", activation="sigmoid")  # gives 0.5 for 0, so that gradients flow
    learn(network, pixels, labels, steps=200)
    assert network.dense1.weight.any()
    torch.testing.assert_close(network.dense1.weight, network.dense1.weight[:1].expand(64, -1), atol=1e-4, rtol=0)
    assert accuracy(network, pixels, labels) < 0.5


def test_a_positive_first_bias_leaves_fewer_dead_relus_at_the_first_pass():
    def dead_share(**options):
        given = maps_of(deep(3, initialisation="small", **options), digits()[0][:32], nn.ReLU)
        return torch.stack([(maps <= 0).all(dim=0).float().mean() for maps in given]).mean().item()

    assert dead_share() > 0.1
    assert dead_share(initial_bias=0.01) < dead_share() / 2


def test_batch_normalisation_trains_a_deep_plain_network_that_stalls_without():
    pixels, labels = digits()
    plain, normalised = (
        learn(deep(12, 32, initialisation="small", **options), pixels, labels, steps=60)
        for options in ({}, {"normalisation": "batch"})
    )
    assert accuracy(plain, pixels, labels) < 0.15
    assert accuracy(normalised, pixels, labels) > 0.8


def test_dropout_narrows_the_gap_between_what_was_learnt_and_what_was_not():
    pixels, labels = digits()
    learnt, wrong = labels[:150].clone(), torch.arange(150) % 5 == 0
    learnt[wrong] = (learnt[wrong] + 3) % 10  # a fifth of the labels lie

    def gap_and_accuracy(**options):
        network = learn(deep(1, 256, **options), pixels[:150], learnt, steps=150)
        unseen = accuracy(network, pixels[500:], labels[500:])
        return accuracy(network, pixels[:150], learnt) - unseen, unseen

    (wide, plain), (narrow, dropped) = gap_and_accuracy(), gap_and_accuracy(dropout=0.7)
    assert narrow < wide - 0.05
    assert dropped > plain


def small_cnn(**options):
    layers = {
        "conv": lambda: nn.Conv2d(1, 8, 3, padding=1),
        "relu": nn.ReLU,
        "pool": lambda: nn.MaxPool2d(2),
        "flatten": nn.Flatten,
        "dense": lambda: nn.Linear(8 * 16, 10),
    }
    return varied((SIDE, SIDE, 1), layers, **options)


def test_channel_dropout_silences_whole_maps_while_training_and_none_after():
    network = small_cnn(channel_dropout=0.5)
    silent = [
        (maps_of(network.train(mode), digits()[0][:50], nn.Dropout2d)[0] == 0).float().mean((2, 3))
        for mode in (True, False)
    ]
    kept_whole = (maps_of(network, digits()[0][:50], nn.MaxPool2d)[0] != 0).any(3).any(2)
    assert (silent[0][kept_whole] == 1).float().mean().item() == pytest.approx(0.5, abs=0.1)
    assert not (silent[1][kept_whole] == 1).any()


def test_channel_dropout_makes_maps_stand_in_for_each_other():
    pixels, labels = digits()

    def accuracy_without_three_maps(**options):
        network = learn(small_cnn(**options), pixels, labels, steps=100)
        with torch.no_grad():
            network.conv.weight[:3] = 0
            network.conv.bias[:3] = 0
        return accuracy(network, pixels, labels)

    assert accuracy_without_three_maps(channel_dropout=0.5) > accuracy_without_three_maps() + 0.05


@pytest.mark.parametrize(("activation", "alive"), [("relu", False), ("leaky-relu", True)])
def test_leaky_relu_revives_neurons_that_are_dead_and_relu_does_not(activation, alive):
    pixels, labels = digits()
    network = deep(1, activation=activation)
    nn.init.constant_(network.dense1.bias, -5)  # below zero for every picture
    kind = type(ACTIVATIONS[activation].build())
    assert (maps_of(network, pixels, kind)[0] <= 0).all()
    learn(network, pixels, labels, steps=150, rate=0.05)
    assert bool((maps_of(network, pixels, kind)[0] > 0).any()) == alive
    assert (accuracy(network, pixels, labels) > 0.9) == alive


def test_gradients_vanish_through_eight_layers_of_sigmoids_and_pass_through_relus():
    pixels, labels = digits()

    def share_that_arrives(**options):
        network = deep(8, **options)
        cross_entropy(network(pixels), labels).backward()
        return (network.dense1.weight.grad.norm() / network.dense9.weight.grad.norm()).item()

    assert share_that_arrives(activation="sigmoid", initialisation="xavier") < 1e-4
    assert share_that_arrives(activation="relu", initialisation="he") > 0.1


def test_a_deep_network_of_sigmoids_stalls_where_one_of_relus_learns():
    pixels, labels = digits()
    starts = {"sigmoid": "xavier", "relu": "he"}
    reached = {
        name: accuracy(learn(deep(8, activation=name, initialisation=start), pixels, labels, steps=50), pixels, labels)
        for name, start in starts.items()
    }
    assert reached["sigmoid"] < 0.3
    assert reached["relu"] > 0.9


def test_prelu_learns_the_slope_that_the_data_have():
    layers = {"flatten": nn.Flatten, "dense": lambda: nn.Linear(1, 1), "relu": nn.ReLU, "head": lambda: nn.Linear(1, 1)}
    network = varied((1, 1, 1), layers, activation="prelu", initialisation="zeros")
    for name in ("dense", "head"):
        nn.init.ones_(network.get_submodule(name).weight)
        network.get_submodule(name).requires_grad_(requires_grad=False)
    numbers = noise(64)[:, :, :1, :1]
    bent = torch.where(numbers > 0, numbers, -0.5 * numbers).flatten(1)
    optimizer = torch.optim.Adam(network.relu.parameters(), lr=0.05)
    assert network.relu.weight.item() == 0.25
    for _ in range(200):
        optimizer.zero_grad()
        mse_loss(network(numbers), bent).backward()
        optimizer.step()
    assert network.relu.weight.item() == pytest.approx(-0.5, abs=1e-3)


@pytest.mark.parametrize(("activation", "flows"), [("relu", False), ("gelu", True)])
def test_gelu_lets_a_little_gradient_through_below_zero(activation, flows):
    network = deep(1, activation=activation, initialisation="zeros")
    nn.init.constant_(network.dense1.bias, -0.5)
    nn.init.ones_(network.dense2.weight)
    network(digits()[0])[:, 0].sum().backward()
    assert bool(network.dense1.weight.grad.any()) == flows


def textures(told_by, count=200):
    """Return pictures (N, 1, 8, 8) with one bright and one dark dot, and labels (N,) that one of three facts tells.

    How bright the bright dot is, how dark the dark dot is, and how bright the picture is on the whole are
    left to chance independently of each other.
    """
    chance = torch.Generator().manual_seed(0)
    facts = {fact: torch.randint(2, (count,), generator=chance) for fact in ("max", "min", "average")}
    brightest, darkest, mean = 0.8 + 0.2 * facts["max"], 0.2 - 0.2 * facts["min"], 0.4 + 0.2 * facts["average"]
    rest = (64 * mean - brightest - darkest) / 62
    pixels = rest[:, None].repeat(1, 64)
    for row in range(count):
        bright, dark = torch.randperm(64, generator=chance)[:2]
        pixels[row, bright], pixels[row, dark] = brightest[row], darkest[row]
    return pixels.view(count, 1, SIDE, SIDE), facts[told_by]


@pytest.mark.parametrize("pooling", ["max", "average", "min"])
@pytest.mark.parametrize("told_by", ["max", "average", "min"])
def test_bright_dots_need_max_pooling_dark_dots_min_and_brightness_average(told_by, pooling):
    pixels, labels = textures(told_by)
    layers = {"pool": lambda: nn.MaxPool2d(SIDE), "flatten": nn.Flatten, "dense": lambda: nn.Linear(1, 2)}
    network = learn(varied((SIDE, SIDE, 1), layers, pooling=pooling), pixels, labels, steps=200, rate=0.2)
    if pooling == told_by:
        assert accuracy(network, pixels, labels) == 1
    else:
        assert accuracy(network, pixels, labels) < 0.65


@pytest.mark.parametrize(("pooling", "learns"), [("max", False), ("average", False), ("min", False), ("stride", True)])
def test_striding_learns_which_pixels_of_a_window_matter(pooling, learns):
    board = (torch.arange(SIDE)[:, None] + torch.arange(SIDE)) % 2
    labels = torch.arange(200) % 2
    pixels = torch.where(labels.bool()[:, None, None, None], board, 1 - board) + 0.01 * noise(200)
    layers = {"pool": lambda: nn.MaxPool2d(2), "flatten": nn.Flatten, "dense": lambda: nn.Linear(16, 2)}
    network = learn(varied((SIDE, SIDE, 1), layers, pooling=pooling), pixels[:100], labels[:100])
    assert (accuracy(network, pixels[100:], labels[100:]) > 0.9) == learns
