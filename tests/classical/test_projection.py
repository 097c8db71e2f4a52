import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import nn

from sightline.classical.plan import Plan
from sightline.classical.projection import REGULAR_VARIANCE, IdentityProjection, Projection, Whitening, projection_of
from sightline.core.errors import SettingsError
from sightline.inference.export.onnx_graph import graph_of
from sightline.inference.graph import Graph
from sightline.inference.signature import classification


def sample_of(count=500, length=12, seed=0):
    chance = np.random.default_rng(seed)
    mixed = chance.normal(size=(count, length)) @ chance.normal(size=(length, length)) + 3
    return mixed.astype(np.float32)


def test_the_components_are_scikit_learns_up_to_their_signs():
    sample, projection = sample_of(), Projection(12, 5)
    assert projection.fit(sample, seed=0) == ""
    projected = projection(torch.from_numpy(sample)[None])[0].numpy()
    expected = PCA(5, svd_solver="full").fit_transform(sample)
    assert projection.length == 5
    np.testing.assert_allclose(np.abs(projected), np.abs(expected), atol=1e-3)


def test_signs_are_settled():
    sample, (one, other) = sample_of(), (Projection(12, 12), Projection(12, 12))
    one.fit(sample, seed=0)
    other.fit(-sample, seed=1)
    torch.testing.assert_close(one.directions, other.directions, atol=1e-4, rtol=0)
    largest = one.directions.abs().argmax(dim=0)
    assert (one.directions[largest, torch.arange(12)] > 0).all()


@pytest.mark.parametrize("projection", [Projection(12, 5), Whitening(12)], ids=["components", "whitening"])
def test_the_same_sample_gives_the_same_bits(projection):
    states = []
    for seed in (0, 1):
        projection.fit(sample_of(), seed=seed)
        states.append(projection.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_flat_patches_stay_flat_and_are_not_learnt_from():
    sample = sample_of()
    plain, padded = Projection(12, 5), Projection(12, 5)
    plain.fit(sample, seed=0)
    padded.fit(np.concatenate([sample, np.zeros((100, 12), np.float32)]), seed=0)
    torch.testing.assert_close(plain.directions, padded.directions)
    torch.testing.assert_close(plain.mean, padded.mean)
    local = torch.from_numpy(sample[:6].reshape(2, 3, 12)).clone()
    local[1, 2] = 0
    assert plain(local).abs().sum(dim=2).eq(0).nonzero().tolist() == [[1, 2]]


@pytest.mark.parametrize(("count", "components", "rank"), [(500, 20, 12), (4, 8, 3), (1, 5, 0), (0, 5, 0)])
def test_fewer_components_than_wanted_are_told_and_the_others_are_zeros(count, components, rank):
    projection = Projection(12, components)
    remark = projection.fit(sample_of()[:count], seed=0)
    assert f"{rank} principal components" in remark
    assert f"{components} were wanted" in remark
    projected = projection(torch.from_numpy(sample_of(50, seed=1))[None])
    assert projection.length == min(components, 12)
    assert projected.shape == (1, 50, projection.length)
    assert projected.isfinite().all()
    assert (projected.abs().amax(dim=(0, 1)) > 0).sum() == rank


def test_whitened_patches_are_uncorrelated_and_of_nearly_equal_spread():
    sample, whitening = sample_of(5000), Whitening(12)
    assert whitening.fit(sample, seed=0) == ""
    whitened = whitening(torch.from_numpy(sample)[None])[0].numpy().astype(np.float64)
    variances, directions = np.linalg.eigh(np.cov(sample.T.astype(np.float64), bias=True))
    expected = (directions * (variances / (variances + REGULAR_VARIANCE))) @ directions.T
    np.testing.assert_allclose(np.cov(whitened.T, bias=True), expected, atol=1e-3)
    np.testing.assert_allclose(whitening.whitener, whitening.whitener.T, atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_any_sample_makes_whitening_finite_and_flat_patches_are_whitened_too(count):
    whitening = Whitening(12)
    whitening.fit(sample_of()[:count], seed=0)
    assert whitening(torch.from_numpy(sample_of(5))[None]).isfinite().all()
    assert (whitening(torch.zeros((1, 1, 12))).abs().max() > 0) == (count > 0)


@pytest.mark.parametrize(("descriptor", "components", "kind", "length"), [
    ("patches", 0, Whitening, 12), ("sift", 5, Projection, 5), ("sift", 0, IdentityProjection, 12),
    ("colour-moments", 5, IdentityProjection, 12),
])  # fmt: skip
def test_each_descriptor_has_the_projection_that_goes_with_it(descriptor, components, kind, length):
    projection = projection_of(descriptor, 12, Plan((descriptor,), components=components))
    assert type(projection) is kind
    assert projection.length == length
    assert projection.fit(sample_of(), seed=0) == ""
    assert projection(torch.zeros((2, 3, 12))).shape == (2, 3, length)


@pytest.mark.parametrize(("descriptor", "components"), [("patches", 5), ("sift", -1)])
def test_components_that_can_not_be_are_told(descriptor, components):
    with pytest.raises(SettingsError, match=f"components = {components}"):
        projection_of(descriptor, 12, Plan((descriptor,), components=components))


class Front(nn.Module):
    """Pixels (N, G, D, 1) to local descriptors (N, G, D); 128 is zero."""

    def forward(self, pixels):
        return pixels.flatten(2).float() / 64 - 2


@pytest.mark.parametrize("projection", [Projection(12, 5), Whitening(12)], ids=["components", "whitening"])
def test_a_graph_computes_the_same(projection):
    projection.fit(sample_of(), seed=0)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 2, 12, 1), dtype=np.uint8)
    pixels[2, 1] = 128
    network = nn.Sequential(Front(), projection, nn.Flatten())
    expected = network(torch.from_numpy(pixels)).softmax(dim=1).numpy()
    graph = Graph(graph_of(network, pixels.shape[1:]), classification(pixels.shape[1:], 2 * projection.length))
    for count in (1, 3):
        np.testing.assert_allclose(graph.run(pixels[:count])[0], expected[:count], atol=1e-5)
