import numpy as np
import pytest
import torch
from skimage.feature import fisher_vector
from sklearn.mixture import GaussianMixture


@pytest.fixture
def mixture(sample_of):
    """Return scikit-learn's mixture of five Gaussians in one corner of space."""
    return GaussianMixture(5, covariance_type="diag", random_state=0).fit(0.3 * sample_of(600).astype(float) + 2)


@pytest.fixture
def fisher(encoder_of, mixture):
    """Return an encoder of two levels with that mixture."""
    encoder = encoder_of("fisher", pyramid=("1", "2"))
    encoder.take(mixture.weights_, mixture.means_, mixture.covariances_)
    return encoder


@pytest.fixture
def pictures(local):
    """Return local descriptors in the same corner."""
    return 0.3 * local[:2] + 2


def test_gradients_are_scikit_images_with_the_deviations_turned_round(fisher, mixture, pictures, positions):
    gradients = fisher.unnormalised(pictures).numpy()
    low_right = (positions >= 0.5).all(axis=1)
    for region, inside in ((0, low_right | True), (4, low_right)):
        expected = fisher_vector(pictures[0, inside].double().numpy(), mixture)
        means, deviations = expected[5:].reshape(2, 5, 8)
        np.testing.assert_allclose(gradients[0, region, :, :8], means, atol=1e-5)
        np.testing.assert_allclose(gradients[0, region, :, 8:], -deviations, atol=1e-5)


def test_the_improved_vector_is_scikit_images_without_the_weights_part(fisher, mixture, pictures):
    expected = fisher_vector(pictures[1].double().numpy(), mixture, improved=True)[5:].reshape(2, 5, 8)
    expected /= np.linalg.norm(expected)
    vector = fisher(pictures)[1].reshape(5, 5, 2, 8)[0].numpy()
    np.testing.assert_allclose(vector.transpose(1, 0, 2), expected * [[[1]], [[-1]]], atol=1e-4)


def test_every_region_has_the_length_one_or_the_root_of_its_weight(encoder_of, local):
    for weights, square in (("none", 1.0), ("match", 0.5)):
        fisher = encoder_of("fisher", pyramid=("1", "2"), pyramid_weights=weights)
        squares = fisher(local).reshape(3, 5, -1).square().sum(dim=2)
        torch.testing.assert_close(squares, torch.tensor([[square], [square], [0.0]]).expand(3, 5))


def test_a_mixture_is_found_again(encoder_of):
    chance = np.random.default_rng(0)
    means, deviations = 10 * chance.normal(size=(3, 8)), chance.uniform(0.5, 2, (3, 8))
    drawn = means[:, None] + deviations[:, None] * chance.normal(size=(3, 2000, 8))
    fisher = encoder_of("fisher", sample=drawn.reshape(-1, 8).astype(np.float32), words=3)
    order = fisher.means[:, 0].argsort().numpy()[np.argsort(np.argsort(means[:, 0]))]
    np.testing.assert_allclose(fisher.weights, 1 / 3, atol=1e-3)
    np.testing.assert_allclose(fisher.means[order], means, atol=0.2)
    added = 0.01 * drawn.reshape(-1, 8).var(axis=0)
    np.testing.assert_allclose(fisher.deviations[order] ** 2, deviations**2 + added, rtol=0.12)


def test_the_mixture_fits_as_well_as_scikit_learns(encoder_of, sample_of):
    sample = np.concatenate([sample_of(2000), 0.5 * sample_of(2000, seed=1) + 1])
    ours, theirs = GaussianMixture(8, covariance_type="diag"), GaussianMixture(8, covariance_type="diag")
    fisher = encoder_of("fisher", sample=sample, words=8)
    ours.weights_, ours.means_ = fisher.weights.numpy(), fisher.means.numpy()
    ours.covariances_, ours.precisions_cholesky_ = fisher.deviations.numpy() ** 2, 1 / fisher.deviations.numpy()
    assert ours.score(sample) > theirs.set_params(random_state=0, reg_covar=0.01).fit(sample).score(sample) - 0.05


def test_a_number_that_never_varies_does_no_harm(encoder_of, sample_of, local):
    sample = sample_of(600)
    sample[:, 3] = 1e6
    fisher = encoder_of("fisher", sample=sample)
    assert fisher(local + torch.eye(8)[3] * 1e6).isfinite().all()
    assert fisher(local).isfinite().all()


def test_a_number_that_hardly_varies_does_no_harm(encoder_of, sample_of, local):
    sample = sample_of(600)
    sample[:, 3] = np.float32(1e-3) + 1e-12 * sample[:, 3]
    assert encoder_of("fisher", sample=sample)(1e8 * local).isfinite().all()
