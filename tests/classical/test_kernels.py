import numpy as np
import pytest
import torch
from sklearn.kernel_approximation import AdditiveChi2Sampler
from sklearn.metrics.pairwise import additive_chi2_kernel, rbf_kernel
from torch import nn

from sightline.classical.kernels import (
    FLOATS,
    PICTURES,
    ChiSquareMap,
    HellingerMap,
    IdentityMap,
    IntersectionMap,
    chi_square,
    intersection,
    linear,
    rbf,
)
from sightline.inference.export.onnx_graph import graph_of
from sightline.inference.graph import Graph
from sightline.inference.signature import classification

MAPS = {"intersection": (IntersectionMap, intersection), "chi-square": (ChiSquareMap, chi_square)}


def histograms(count, bins, *, sharpness=0.3, seed=0):
    drawn = np.random.default_rng(seed).dirichlet(np.full(bins, sharpness), count)
    drawn[:, 0] = 0  # an empty bin in every histogram
    return torch.from_numpy(drawn.astype(np.float32))


@pytest.fixture(params=[20, FLOATS // PICTURES], ids=["several supports at once", "one support at a time"])
def pairs(request):
    return histograms(4, request.param), histograms(5, request.param, seed=1)


def test_the_intersection_is_the_sum_of_the_smaller_ones(pairs):
    features, supports = pairs
    expected = torch.stack([torch.minimum(features, support).sum(dim=1) for support in supports], dim=1)
    torch.testing.assert_close(intersection(features, supports), expected)


def test_chi_square_is_scikit_learns_up_to_the_sums(pairs):
    features, supports = pairs
    sums = features.sum(dim=1)[:, None] + supports.sum(dim=1)
    expected = (sums + torch.from_numpy(additive_chi2_kernel(features.numpy(), supports.numpy()))) / 2
    torch.testing.assert_close(chi_square(features, supports), expected.float(), atol=1e-5, rtol=1e-5)


def test_rbf_and_linear_are_scikit_learns():
    features, supports = histograms(4, 30), histograms(5, 30, seed=1)
    expected = torch.from_numpy(rbf_kernel(features.numpy(), supports.numpy(), gamma=0.7))
    torch.testing.assert_close(rbf(features, supports, gamma=0.7), expected)
    assert rbf(features, features, gamma=0.7).max() <= 1
    torch.testing.assert_close(linear(features, supports), features @ supports.T)


@pytest.mark.parametrize("order", [1, 2])
def test_the_chi_square_map_is_scikit_learns(order):
    features = histograms(6, 30)
    sampler = AdditiveChi2Sampler(sample_steps=order + 1, sample_interval=ChiSquareMap.SPACINGS[order - 1])
    expected = torch.from_numpy(sampler.fit_transform(features.numpy()))
    torch.testing.assert_close(ChiSquareMap(30, order)(features), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(("name", "order", "shares"), [
    ("intersection", 1, (0.10, 0.045)), ("intersection", 2, (0.07, 0.025)),
    ("chi-square", 1, (0.04, 0.025)), ("chi-square", 2, (0.015, 0.01)),
])  # fmt: skip
def test_a_map_is_a_few_percent_away_from_its_kernel(name, order, shares):
    make, kernel = MAPS[name]
    for bins, share in zip((16, 256), shares, strict=True):
        features, others = histograms(30, bins), histograms(30, bins, seed=1)
        mapped = [make(bins, order)(each) for each in (features, others)]
        exact = kernel(features, others)
        assert mapped[0].shape == (30, make(bins, order).length)
        assert (linear(*mapped) - exact).abs().mean() < share * exact.mean()


@pytest.mark.parametrize("name", MAPS)
def test_maps_and_kernels_turn_their_sign_with_a_number(name):
    make, kernel = MAPS[name]
    features, others = histograms(4, 20), histograms(5, 20, seed=1)
    torch.testing.assert_close(make(20)(-features), -make(20)(features))
    torch.testing.assert_close(kernel(-features, others), -kernel(features, others))


def test_nothing_but_zeros_is_like_nothing():
    nothing, something = torch.zeros((1, 8)), histograms(3, 8)
    for make, kernel in MAPS.values():
        assert kernel(nothing, something).abs().max() == 0
        assert make(8)(nothing).abs().max() == 0


def test_same_leaves_features_as_they_are():
    features = histograms(2, 7)
    assert IdentityMap(7).length == 7
    assert IdentityMap(7)(features) is features


class Front(nn.Module):
    """Pixels (N, H, W, C) to histograms (N, F)."""

    def forward(self, pixels):
        counts = pixels.flatten(1).float()
        return counts / counts.sum(dim=1, keepdim=True)


class Compared(nn.Module):
    """Histograms to all kernels with given ones."""

    def __init__(self, supports):
        super().__init__()
        self.register_buffer("supports", supports)

    def forward(self, features):
        kernels = [kernel(features, self.supports) for kernel in (linear, intersection, chi_square)]
        return torch.cat([*kernels, rbf(features, self.supports, gamma=3.0)], dim=1)


LARGE = FLOATS // PICTURES // 2  # two supports at once
EXPORTED = {"a map": (ChiSquareMap(48, 2), 48), "kernels": (Compared(histograms(5, LARGE)), LARGE)}


@pytest.mark.parametrize(("module", "numbers"), EXPORTED.values(), ids=EXPORTED)
def test_a_graph_computes_the_same(module, numbers):
    shape = (4, numbers // 4, 1)
    pixels = np.random.default_rng(0).integers(0, 256, (3, *shape), dtype=np.uint8)
    network = nn.Sequential(Front(), module)
    expected = network(torch.from_numpy(pixels))
    graph = Graph(graph_of(network, shape), classification(shape, expected.shape[1]))
    for count in (1, 3):
        logits = torch.from_numpy(graph.run(pixels[:count])[0]).log()
        centred = [each - each.mean(dim=1, keepdim=True) for each in (logits, expected[:count])]
        torch.testing.assert_close(*centred, atol=1e-5, rtol=1e-4)


def test_hellingers_map_gives_its_kernel_exactly():
    chance = np.random.default_rng(0)
    x, y = (torch.from_numpy(chance.dirichlet(np.ones(9), 5).astype(np.float32)) for _ in range(2))
    mapped = HellingerMap(9)
    torch.testing.assert_close(mapped(x) @ mapped(y).T, (x[:, None] * y).sqrt().sum(dim=2))
    assert torch.equal(mapped(-x), -mapped(x))
