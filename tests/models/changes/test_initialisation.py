import math

import pytest
import torch
from torch import nn

from sightline.models.building import build_layers
from sightline.models.changes.activations import ACTIVATIONS
from sightline.models.changes.initialisation import INITIALISATIONS, gain_of, initialise


def filled(name, *shape, gain=1.0):
    torch.manual_seed(0)
    weight = torch.full(shape, math.nan)
    initialise(weight, name, gain=gain)
    return weight


@pytest.mark.parametrize(
    ("name", "deviation"),
    [("small", 0.01), ("xavier", math.sqrt(2 / (300 + 200))), ("he", math.sqrt(2 / 300)), ("zeros", 0.0)],
)
def test_the_deviation_of_a_dense_layer_s_weights_is_the_formula_s(name, deviation):
    weight = filled(name, 200, 300, gain=math.sqrt(2))
    assert float(weight.std()) == pytest.approx(deviation, rel=0.02)
    assert abs(float(weight.mean())) <= 0.02 * deviation


def test_the_inputs_of_a_convolution_are_its_window_times_its_channels():
    assert float(filled("he", 64, 32, 3, 3).std()) == pytest.approx(1 / math.sqrt(32 * 9), rel=0.02)


@pytest.mark.parametrize("shape", [(20, 20), (10, 30), (8, 4, 3, 3)])
def test_orthogonal_rows_stand_upright_on_each_other(shape):
    rows = filled("orthogonal", *shape, gain=2.0).flatten(1)
    torch.testing.assert_close(rows @ rows.T, 4 * torch.eye(len(rows)), atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("layer", "gain"),
    [
        (None, 1),
        (nn.ReLU(), math.sqrt(2)),
        (nn.GELU(), math.sqrt(2)),
        (nn.LeakyReLU(0.5), math.sqrt(2 / 1.25)),
        (nn.PReLU(init=0.5), math.sqrt(2 / 1.25)),
        (nn.Tanh(), 5 / 3),
        (nn.Sigmoid(), 1),
    ],
)
def test_the_gain_makes_up_for_the_activation(layer, gain):
    assert gain_of(layer) == pytest.approx(gain)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_he_weights_of_a_network_have_the_gain_of_the_activation_in_use_and_the_head_has_none(activation):
    torch.manual_seed(0)
    options = {"hidden": [400], "initialisation": "he", "activation": activation}
    network = build_layers("mlp", (16, 16, 1), 100, options)
    expected = gain_of(ACTIVATIONS[activation].build()) / math.sqrt(256)
    assert network.dense1.weight.std().item() == pytest.approx(expected, rel=0.02)
    assert network.dense2.weight.std().item() == pytest.approx(1 / math.sqrt(400), rel=0.02)


@pytest.mark.parametrize("name", INITIALISATIONS)
def test_every_weight_is_drawn_from_the_seed_and_every_bias_is_zero(name):
    first, again, other = (_seeded(seed, {"initialisation": name}) for seed in (1, 1, 2))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert all(not first[key].any() for key in first if key.endswith("bias"))
    same = [torch.equal(first[key], other[key]) for key in first if key.endswith("weight")]
    assert all(same) if name == "zeros" else not any(same)


def test_an_initial_bias_is_set_before_relus_alone_and_leaves_the_weights():
    plain, biased = _seeded(0, {}), _seeded(0, {"initial_bias": 0.01})
    assert (biased["conv1.bias"] == 0.01).all()
    assert (biased["dense1.bias"] == 0.01).all()
    assert torch.equal(biased["dense2.bias"], plain["dense2.bias"])  # the head
    assert all(torch.equal(plain[key], biased[key]) for key in plain if key.endswith("weight"))


def test_an_initial_bias_comes_after_the_zeros_of_an_initialisation():
    state = _seeded(0, {"initial_bias": 0.5, "initialisation": "he"})
    assert [float(state[f"{layer}.bias"].mean()) for layer in ("conv5", "dense1", "dense2")] == [0.5, 0.5, 0.0]


def test_batch_normalisation_keeps_its_ones_and_zeros():
    state = _seeded(0, {"normalisation": "batch", "initialisation": "he"})
    assert (state["conv1_norm.weight"] == 1).all()
    assert not state["conv1_norm.bias"].any()


def _seeded(seed, options):
    torch.manual_seed(seed)
    return build_layers("basic-cnn", (32, 32, 3), 10, options).state_dict()
