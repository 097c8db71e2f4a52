from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn

from sightline.core.errors import SettingsError
from sightline.imaging.picture_format import PictureFormat
from sightline.inference.explanation.grad_cam import grad_cam_heat
from sightline.inference.explanation.integrated_gradients import completeness_gap, in_cells, integrated_gradients_heat
from sightline.inference.explanation.torch_model import TorchModel

FORMAT = PictureFormat(12, 12)


class Normalise(nn.Module):
    def forward(self, pixels):
        return pixels.float().permute(0, 3, 1, 2) / 255 - 0.5


def model_with(*layers, classes=("ant", "bee", "cat"), factor=2.0):
    torch.manual_seed(0)
    network = nn.Sequential(OrderedDict(normalise=Normalise(), network=nn.Sequential(*[make() for make in layers])))
    return TorchModel(classes, FORMAT, 7, network.eval(), factor)


@pytest.fixture
def convolutional():
    return model_with(
        lambda: nn.Conv2d(3, 4, 3, stride=2),
        nn.ReLU,
        lambda: nn.AdaptiveAvgPool2d(1),
        nn.Flatten,
        lambda: nn.Linear(4, 3),
    )


@pytest.fixture
def dense():
    return model_with(nn.Flatten, lambda: nn.Linear(12 * 12 * 3, 3))


@pytest.fixture
def pixels(picture):
    return picture(12, 12, 3)


def test_grad_cam_is_the_weighted_sum_of_the_last_maps_by_its_definition(convolutional, pixels):
    layers = convolutional.network.network
    maps = layers[1](layers[0](Normalise()(torch.from_numpy(pixels)[None])))[0].detach()  # (4, 5, 5)
    slopes = []
    for channel in range(4):
        raised = maps.clone().requires_grad_()
        logits = 2 * layers[4](raised.mean(dim=(1, 2)))
        odds = logits[1] - torch.logsumexp(logits[[0, 2]], dim=0)
        slopes.append(torch.autograd.grad(odds, raised)[0][channel].mean())
    expected = sum(slope * map_ for slope, map_ in zip(slopes, maps, strict=True)).clamp(min=0)
    heat = grad_cam_heat(convolutional, pixels, "bee")
    np.testing.assert_allclose(heat.grid, expected.numpy(), atol=1e-6)
    assert (heat.label, heat.least, heat.grid.shape) == ("bee", None, (5, 5))


def test_a_network_without_places_has_no_grad_cam(dense, pixels):
    with pytest.raises(SettingsError, match="no layer whose outputs have places"):
        grad_cam_heat(dense, pixels)


def test_integrated_gradients_of_two_classes_of_a_linear_network_are_what_its_weights_say(pixels):
    model = model_with(nn.Flatten, lambda: nn.Linear(12 * 12 * 3, 2), classes=("ant", "bee"))
    weights = model.network.network[1].weight.detach().numpy().reshape(2, 3, 12, 12)
    direction = 2 * (weights[1] - weights[0]).transpose(1, 2, 0) / 255
    expected = (direction * (pixels - pixels.mean(axis=(0, 1)).round())).sum(axis=2)
    np.testing.assert_allclose(integrated_gradients_heat(model, pixels, "bee").grid, expected, atol=1e-5)


def test_integrated_gradients_add_up_to_what_the_class_gains(convolutional, pixels):
    heat = integrated_gradients_heat(convolutional, pixels)
    gain = np.ptp([heat.grid.sum(), heat.grid.sum() - completeness_gap(convolutional, pixels, heat)])
    assert gain < 0.02
    assert abs(heat.grid.sum()) > 10 * gain


def test_cells_hold_the_sums_of_their_pixels():
    values = np.arange(30.0).reshape(5, 6)
    np.testing.assert_array_equal(in_cells(values, 3).sum(), values.sum())
    np.testing.assert_array_equal(in_cells(values, 9), values)
    assert in_cells(values, 2)[0, 0] == values[:2, :3].sum()


def test_shuffled_weights_are_the_same_numbers_elsewhere_and_the_network_itself_stays(convolutional, pixels):
    before = convolutional.probabilities(pixels[None])
    shuffled = convolutional.shuffled(seed=1)
    pairs = zip(convolutional.network.parameters(), shuffled.network.parameters(), strict=True)
    for own, other in pairs:
        np.testing.assert_array_equal(
            np.sort(own.detach().numpy(), axis=None), np.sort(other.detach().numpy(), axis=None)
        )
    assert np.abs(shuffled.probabilities(pixels[None]) - before).max() > 1e-4
    np.testing.assert_array_equal(convolutional.probabilities(pixels[None]), before)
    np.testing.assert_array_equal(
        convolutional.shuffled(1).probabilities(pixels[None]), shuffled.probabilities(pixels[None])
    )


def test_the_torch_model_answers_as_the_graph_does(classifier, picture):
    pixels = picture(3, *classifier.format.shape)
    answers = TorchModel.of(classifier).probabilities(pixels)
    np.testing.assert_allclose(answers, classifier.probabilities(pixels), atol=1e-5)
