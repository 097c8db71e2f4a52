import numpy as np
import pytest
import torch
from torch import nn

from sightline.models import MODELS
from sightline.models.building import build_layers
from sightline.models.measures.probing import MOST_LAYERS, activation_maps, first_filters, probed_layers, shown_layers


def test_the_first_filters_of_a_dense_network_have_the_pictures_shape():
    layers = build_layers("linear", (5, 4, 3), 2)
    filters = first_filters(layers, (5, 4, 3))
    assert filters.weights.shape == (2, 3, 5, 4)
    assert filters.weights[1, 2, 4, 3] == layers.dense.weight[1, -1].item()


def test_the_first_filters_of_a_convolutional_network_are_its_weights():
    layers = build_layers("lenet", (16, 16, 1), 2)
    filters = first_filters(layers, (16, 16, 1))
    assert filters.layer == "conv1"
    np.testing.assert_array_equal(filters.weights, layers.conv1.weight.detach().numpy())


def test_a_network_without_weights_has_no_filters():
    with pytest.raises(ValueError, match="no convolution"):
        first_filters(nn.Sequential(nn.ReLU()), (4, 4, 1))


@pytest.mark.parametrize("name", MODELS)
def test_every_network_shows_some_layers_but_not_too_many(name):
    shape = (64, 64, 3)
    with torch.device("meta"):
        layers = build_layers(name, shape, 10)
    shown, left_out = shown_layers(layers, shape)
    assert 0 < len(shown) <= MOST_LAYERS
    assert left_out >= 0
    assert len({layer.name for layer in shown}) == len(shown)


def test_too_many_layers_are_shown_evenly_and_the_rest_is_counted():
    layers = nn.Sequential(*[nn.ReLU() for _ in range(9)])
    shown, left_out = shown_layers(layers, (4, 4, 1), most=3)
    assert ([layer.name for layer in shown], left_out) == (["0", "4", "8"], 6)


def test_the_parameters_of_the_layers_are_those_of_the_network():
    layers = build_layers("basic-cnn", (32, 32, 3), 10)
    rows = probed_layers(layers, (32, 32, 3))
    assert sum(row.parameters for row in rows if row.leaf) == 79_626
    assert next(row for row in rows if row.name == "pool1").shape == (32, 14, 14)


def test_maps_are_what_the_layers_give_the_strongest_channel_first(network_of, pictures_of):
    network = network_of("lenet", (16, 16, 1)).eval()
    picture = pictures_of(1, (16, 16, 1))[0]
    shown, _ = shown_layers(network.network, (16, 16, 1))
    views = {view.layer.name: view for view in activation_maps(network, picture, prefix="network.", shown=shown)}
    with torch.no_grad():
        expected = network.network.conv1(network.normalise(torch.from_numpy(picture)[None]))[0]
    view = views["conv1"]
    np.testing.assert_allclose(view.maps, expected[list(view.channels)].numpy(), rtol=1e-5)
    strengths = np.abs(view.maps).mean(axis=(1, 2))
    assert (np.diff(strengths) <= 0).all()
    assert sorted(view.channels) == list(range(6))


def test_a_relu_in_place_does_not_change_the_map_of_the_layer_before_it(pictures_of):
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 5).double(), nn.ReLU(inplace=True))
    nn.init.constant_(network[1].weight, -1.0)
    whole = nn.Sequential(Doubled(), network)
    shown, _ = shown_layers(network.float(), (2, 2, 3))
    dense, relu = activation_maps(whole, pictures_of(1, (2, 2, 3))[0], prefix="1.", shown=shown)
    assert np.nanmax(dense.maps) < 0
    assert np.nanmax(relu.maps) == 0
    assert np.isnan(dense.maps).sum() == 32 - 5


class Doubled(nn.Module):
    def forward(self, pixels):
        return pixels.float()
