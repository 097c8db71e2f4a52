import pytest
import torch
from torch import nn

from sightline.models.building import build_layers
from sightline.models.measures.receptive import ReceptiveField, receptive_fields


def fields_of(name, shape=(224, 224, 3)):
    with torch.device("meta"):
        return receptive_fields(build_layers(name, shape, 10), shape)


@pytest.mark.parametrize(
    ("name", "layer", "size", "jump"),
    [
        ("alexnet", "features", 195, 32),
        ("vgg16", "features.29", 196, 16),
        ("vgg16", "features", 212, 32),
        ("resnet18", "layer4", 435, 32),
        ("resnet34", "layer4", 899, 32),
        ("resnet50", "layer4", 427, 32),
        ("lenet", "pool2", 16, 4),
        ("basic-cnn", "pool3", 32, 8),
    ],
)
def test_the_published_networks_see_what_was_published(name, layer, size, jump):
    assert fields_of(name)[layer] == ReceptiveField(size, jump)


def test_a_dense_layer_sees_the_whole_picture_and_its_units_have_no_place():
    assert fields_of("mlp", (28, 20, 1))["dense2"] == ReceptiveField(28, 0)


class Branches(nn.Module):
    """Two branches that are joined, a residual, a slice, and a dilated convolution."""

    def __init__(self):
        super().__init__()
        self.narrow = nn.Conv2d(1, 2, 1, bias=False)
        self.wide = nn.Conv2d(1, 2, 5, padding=2, bias=False)
        self.dilated = nn.Conv2d(4, 4, 3, dilation=2, padding=2, bias=False)
        self.relu = nn.ReLU(inplace=True)
        self.pool = nn.AvgPool2d(3, stride=2)
        self.last = nn.Conv2d(4, 1, 3, bias=False)

    def forward(self, picture):
        joined = torch.cat([self.narrow(picture), self.wide(picture)], dim=1)
        joined = self.pool(self.relu(self.dilated(joined) + joined))
        return self.last(joined[:, :, ::2, ::2])


def support(network, side):
    """Return how many pixels across have a gradient from the middle unit, all weights being positive."""
    for weight in network.parameters():
        nn.init.constant_(weight, 1.0)
    picture = torch.ones(1, 1, side, side, requires_grad=True)
    output = network(picture)
    output[0, 0, output.shape[2] // 2, output.shape[3] // 2].backward()
    return int((picture.grad[0, 0].sum(dim=0) != 0).sum())


def test_branches_residuals_slices_and_dilation_agree_with_the_gradients():
    network = Branches()
    fields = receptive_fields(network, (61, 61, 1))
    assert fields["last"] == ReceptiveField(19, 4)
    assert support(network, 61) == fields["last"].size
    assert fields["dilated"] == fields["relu"] == ReceptiveField(9, 1)


def test_an_adaptive_pool_sees_its_bins():
    network = nn.Sequential(nn.Conv2d(3, 1, 3, padding=1), nn.AdaptiveAvgPool2d(2), nn.AdaptiveAvgPool2d(1))
    assert list(receptive_fields(network, (8, 8, 3)).values()) == [
        ReceptiveField(3, 1),
        ReceptiveField(6, 4),
        ReceptiveField(10, 8),
    ]


def test_the_network_is_left_as_it_was():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Sequential(nn.Dropout(0.5), nn.ReLU()))
    network[1].eval()
    before, state = {name: value.clone() for name, value in network.state_dict().items()}, torch.get_rng_state()
    receptive_fields(network, (8, 8, 3))
    assert [layer.training for layer in network] == [True, False, True]
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(layer._forward_hooks for layer in network.modules())  # noqa: SLF001
