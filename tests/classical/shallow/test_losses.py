"""Each loss against its formula on small numbers, and its slopes against finite differences."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from sightline.classical.shallow import losses
from sightline.classical.shallow.losses import HALF_WIDTH

LOSSES = [losses.squared_hinge, losses.hinge, losses.multiclass_hinge, losses.logistic]
N, C = 200, 4


@pytest.fixture
def scores():
    return np.random.default_rng(0).normal(0, 2, (N, C)).astype(np.float32)


@pytest.fixture
def labels():
    return np.random.default_rng(1).integers(0, C, N)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_slopes_are_finite_differences(loss, scores, labels):
    step = 1e-3
    exact = scores.astype(np.float64)
    for column in range(C):
        aside = step * (np.arange(C) == column)
        rise = (loss(exact + aside, labels)[0] - loss(exact - aside, labels)[0]) / (2 * step)
        np.testing.assert_allclose(loss(scores, labels)[1][:, column], rise, atol=2e-3)


@pytest.mark.parametrize("loss", LOSSES)
def test_numbers_stay_small_ones_and_finite(loss, labels):
    huge = 1e4 * np.random.default_rng(2).normal(size=(N, C)).astype(np.float32)
    for figures in loss(huge, labels):
        assert figures.dtype == np.float32
        assert np.isfinite(figures).all()


def signs(labels):
    return np.where(labels[:, None] == np.arange(C), 1, -1)


def test_the_squared_hinge_is_its_formula(scores, labels):
    expected = np.square(np.maximum(0, 1 - signs(labels) * scores)).sum(axis=1)
    np.testing.assert_allclose(losses.squared_hinge(scores, labels)[0], expected, rtol=1e-5)


def test_the_hinge_is_its_formula_but_for_the_kink(scores, labels):
    expected = np.maximum(0, 1 - signs(labels) * scores).sum(axis=1)
    over = losses.hinge(scores, labels)[0] - expected
    assert over.min() > -1e-5
    assert over.max() < C * HALF_WIDTH / 4
    at_the_kink = losses.hinge(np.float32([[1, -1, -1, -1]]), np.array([0]))[0]
    np.testing.assert_allclose(at_the_kink, C * HALF_WIDTH / 4, rtol=1e-5)


def test_the_multiclass_hinge_is_its_formula_but_for_the_kink(scores, labels):
    expected = functional.multi_margin_loss(torch.from_numpy(scores), torch.from_numpy(labels), reduction="none") * C
    over = losses.multiclass_hinge(scores, labels)[0] - expected.numpy()
    assert over.min() > -1e-5
    assert over.max() < C * HALF_WIDTH / 4


def test_the_logistic_loss_is_torch_s_cross_entropy(scores, labels):
    expected = functional.cross_entropy(torch.from_numpy(scores), torch.from_numpy(labels), reduction="none")
    np.testing.assert_allclose(losses.logistic(scores, labels)[0], expected.numpy(), atol=1e-5)
