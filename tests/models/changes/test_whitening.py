import numpy as np
import torch
from torch.nn.functional import unfold

from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import fitted
from sightline.models.building import build_network
from sightline.models.changes.whitening import LEAST_VARIANCE, WhiteningConvolution, fit_to_pictures


def smooth_pictures(count=64):
    """Return (count, 3, 12, 12) whose neighbouring pixels are alike, as in photos."""
    noise = torch.randn(count, 3, 14, 14, generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.avg_pool2d(noise, 3, stride=1)


def test_its_maps_are_uncorrelated_and_of_equal_spread():
    pictures, layer = smooth_pictures(), WhiteningConvolution(3)
    layer.fit(pictures)
    maps = layer(pictures).transpose(0, 1).flatten(1)[:12]
    second_moments = (maps @ maps.T / maps.shape[1]).detach()
    patches = unfold(pictures, 2).transpose(1, 2).reshape(-1, 12)
    variances = torch.linalg.eigvalsh(patches.T @ patches / len(patches)).flip(0)
    torch.testing.assert_close(second_moments, torch.diag(variances / (variances + LEAST_VARIANCE)), atol=1e-3, rtol=0)


def test_each_filter_is_there_with_either_sign_and_does_not_learn():
    layer = WhiteningConvolution(1)
    layer.fit(smooth_pictures()[:, :1])
    assert torch.equal(layer.weight[:4], -layer.weight[4:])
    layer(smooth_pictures()[:, :1]).square().sum().backward()
    assert [name for name, _ in layer.named_parameters()] == ["bias"]
    assert layer.bias.grad is not None


def test_a_network_s_layer_sees_the_pictures_of_the_training_part_alone():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 12, 12, 3), dtype=np.uint8)
    pixels[20:] = 7  # another part
    preprocess = fitted(PictureFormat(12, 12, "rgb"), [pixels[:20]], centre="channel", scale="deviation")
    network = build_network("quick-cnn", preprocess, 4)
    fit_to_pictures(network, torch.from_numpy(pixels), torch.arange(20))
    alone = WhiteningConvolution(3)
    alone.fit(network.normalise(torch.from_numpy(pixels[:20])))
    assert torch.equal(network.network.whitening.weight, alone.weight)


def test_a_network_without_such_a_layer_stays_as_it_is():
    pixels = np.zeros((4, 16, 16, 3), dtype=np.uint8)
    preprocess = fitted(PictureFormat(16, 16, "rgb"), [pixels], centre="channel", scale="range")
    network = build_network("lenet", preprocess, 4)
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    fit_to_pictures(network, torch.from_numpy(pixels), torch.arange(4))
    assert all(torch.equal(before[name], weight) for name, weight in network.state_dict().items())
