"""Losses against torch's own and slow plain versions; what weighs a picture; what large weights cost."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from sightline.training.losses import (
    LOSSES,
    Criterion,
    Penalties,
    balanced_weights,
    cross_entropy,
    hinge,
    squared_error,
)

N, K = 40, 5


@pytest.fixture
def scores():
    return 3 * torch.randn(N, K, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def labels():
    return torch.randint(K, (N,), generator=torch.Generator().manual_seed(1))


@pytest.fixture
def hard(labels):
    return functional.one_hot(labels, K).float()


@pytest.fixture
def soft():
    return torch.randn(N, K, generator=torch.Generator().manual_seed(2)).softmax(dim=1)


def test_cross_entropy_of_labels_is_torch_s(scores, labels, hard):
    expected = functional.cross_entropy(scores, labels, reduction="none")
    torch.testing.assert_close(cross_entropy(scores, hard), expected)


def test_cross_entropy_of_shared_targets_is_torch_s(scores, soft):
    expected = functional.cross_entropy(scores, soft, reduction="none")
    torch.testing.assert_close(cross_entropy(scores, soft), expected)


@pytest.mark.parametrize("smoothing", [0.1, 0.5])
def test_label_smoothing_is_torch_s(smoothing, scores, labels, hard, soft):
    ours = Criterion(label_smoothing=smoothing)
    for targets, theirs in ((hard, labels), (soft, soft)):
        expected = functional.cross_entropy(scores, theirs, label_smoothing=smoothing, reduction="none")
        torch.testing.assert_close(ours(scores, targets), expected)


def test_hinge_is_that_of_two_plain_loops(scores, labels, hard):
    expected = [
        sum(max(0.0, float(row[other] - row[truth] + 1)) for other in range(K) if other != truth)
        for row, truth in zip(scores, labels, strict=True)
    ]
    torch.testing.assert_close(hinge(scores, hard), torch.tensor(expected))


def test_hinge_is_torch_s_times_the_number_of_classes(scores, labels, hard):
    expected = K * functional.multi_margin_loss(scores, labels, reduction="none")
    torch.testing.assert_close(hinge(scores, hard), expected)


def test_hinge_of_a_picture_that_two_classes_share_is_the_weighted_mean_of_both(scores, hard):
    other = hard.roll(1, dims=1)
    shared = hinge(scores, 0.7 * hard + 0.3 * other)
    torch.testing.assert_close(shared, 0.7 * hinge(scores, hard) + 0.3 * hinge(scores, other))


def test_squared_error_is_the_squared_distance_of_the_probabilities(scores, soft):
    powers = np.exp(scores.double().numpy())
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    expected = ((probabilities - soft.numpy()) ** 2).sum(axis=1)
    np.testing.assert_allclose(squared_error(scores, soft).numpy(), expected, rtol=1e-4)


@pytest.mark.parametrize("name", LOSSES)
def test_each_loss_is_one_number_a_picture_and_falls_as_the_truth_gains(name, scores, labels, hard):
    scores.requires_grad_()
    losses = LOSSES[name].function(scores, hard)
    (slope,) = torch.autograd.grad(losses.sum(), scores)
    assert losses.shape == (N,)
    assert (losses >= 0).all()
    assert (slope[torch.arange(N), labels] <= 0).all()
    assert (slope[torch.arange(N), labels] < 0).any()


@pytest.mark.parametrize("name", LOSSES)
def test_each_loss_of_huge_scores_is_finite_with_a_finite_slope(name, scores, hard):
    huge = (1e6 * scores).requires_grad_()
    losses = LOSSES[name].function(huge, hard)
    losses.sum().backward()
    assert torch.isfinite(losses).all()
    assert torch.isfinite(huge.grad).all()


def test_losses_of_half_precision_scores_are_worked_out_in_full(scores, hard):
    half = scores.bfloat16()
    assert torch.equal(Criterion()(half, hard), cross_entropy(half.float(), hard))


def test_class_weights_are_torch_s_up_to_the_sum_that_it_divides_by(scores, labels, hard):
    weights = torch.tensor([0.5, 1.0, 2.0, 0.25, 3.0])
    ours = Criterion(class_weights=tuple(weights.tolist()))(scores, hard)
    torch.testing.assert_close(ours, functional.cross_entropy(scores, labels, weight=weights, reduction="none"))
    theirs = functional.cross_entropy(scores, labels, weight=weights)
    torch.testing.assert_close(ours.sum() / weights[labels].sum(), theirs)


def test_a_shared_picture_weighs_the_mean_of_its_classes(scores, hard):
    shared = 0.75 * hard + 0.25 * hard.roll(1, dims=1)
    weights = (1.0, 2.0, 3.0, 4.0, 5.0)
    ours = Criterion(class_weights=weights)(scores, shared)
    expected = cross_entropy(scores, shared) * (shared @ torch.tensor(weights))
    torch.testing.assert_close(ours, expected)


def test_label_smoothing_leaves_the_weight_of_a_picture_alone(scores, labels, hard):
    smooth = Criterion(label_smoothing=0.2)(scores, hard)
    weighted = Criterion(label_smoothing=0.2, class_weights=(1.0, 2.0, 3.0, 4.0, 5.0))(scores, hard)
    torch.testing.assert_close(weighted, smooth * (labels + 1))


@pytest.mark.parametrize("counts", [(30, 10), (1, 99, 5), (4, 0, 12), (7,)])
def test_balanced_weights_let_classes_count_alike_and_pictures_one_on_average(counts):
    weights = balanced_weights(counts)
    totals = [weight * count for weight, count in zip(weights, counts, strict=True)]
    assert sum(totals) / sum(counts) == pytest.approx(1)
    assert len({round(total, 9) for total in totals if total}) == 1
    assert [total > 0 for total in totals] == [count > 0 for count in counts]


@pytest.fixture
def network():
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, 3), torch.nn.BatchNorm2d(3), torch.nn.Flatten(), torch.nn.Linear(12, 2)
    )


def test_penalties_are_the_sums_over_matrices_and_filters_alone(network):
    kept = [network[0].weight.detach().double().numpy(), network[3].weight.detach().double().numpy()]
    l1, l2 = Penalties(l1=0.1, l2=0.01).of(network)
    assert l1.item() == pytest.approx(0.1 * sum(np.abs(weight).sum() for weight in kept), rel=1e-5)
    assert l2.item() == pytest.approx(0.01 * sum((weight**2).sum() for weight in kept), rel=1e-5)


def test_biases_and_the_scales_of_normalisation_cost_nothing(network):
    before = Penalties(l1=1, l2=1).of(network)
    for parameter in (network[0].bias, network[1].weight, network[1].bias, network[3].bias):
        torch.nn.init.constant_(parameter, 100)
    assert Penalties(l1=1, l2=1).of(network) == before


def test_weights_that_are_not_trained_cost_nothing(network):
    network.requires_grad_(requires_grad=False)
    assert [cost.item() for cost in Penalties(l1=1, l2=1).of(network)] == [0, 0]


def test_the_slope_of_l1_is_a_sign_and_that_of_l2_twice_the_weight(network):
    weight = network[3].weight
    l1, l2 = Penalties(l1=0.1, l2=0.01).of(network)
    torch.testing.assert_close(torch.autograd.grad(l1, weight)[0], 0.1 * weight.detach().sign())
    torch.testing.assert_close(torch.autograd.grad(l2, weight)[0], 0.02 * weight.detach())


def test_penalties_stand_beside_the_loss_in_the_history(train, recipe_of, network_of):
    still = {"epochs": 1, "learning_rate": 1e-12}
    weight = network_of().network.dense.weight.detach()
    _, (plain,) = train(recipe_of("sgd", **still), where="plain")
    _, (record,) = train(recipe_of("sgd", penalties=Penalties(l1=0.1, l2=0.01), **still), where="penalties")
    assert (plain.l1_penalty, plain.l2_penalty) == (0, 0)
    assert record.l1_penalty == pytest.approx(0.1 * weight.abs().sum().item(), rel=1e-4)
    assert record.l2_penalty == pytest.approx(0.01 * weight.square().sum().item(), rel=1e-4)
    assert record.training["loss"] == pytest.approx(plain.training["loss"], rel=1e-6)
    assert record.validation["loss"] == pytest.approx(plain.validation["loss"], rel=1e-6)


def test_penalties_change_the_gradient_by_their_slopes(train, recipe_of, onlooker):
    recipe = {"epochs": 1, "batch_size": 32, "learning_rate": 1e-12}
    train(recipe_of("sgd", **recipe), where="plain", watchers=[onlooker])
    train(recipe_of("sgd", penalties=Penalties(l1=0.1, l2=0.01), **recipe), where="both", watchers=[onlooker])
    (weights, plain, _), (_, both, _) = onlooker.steps
    torch.testing.assert_close(both[0] - plain[0], 0.1 * weights[0].sign() + 0.02 * weights[0], rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(both[1], plain[1])


def test_validation_loss_is_that_of_the_asked_loss(train, recipe_of):
    still = {"epochs": 1, "learning_rate": 1e-12}
    found = {
        name: train(recipe_of("sgd", criterion=Criterion(entry.function), **still), where=name)[1][0].validation["loss"]
        for name, entry in LOSSES.items()
    }
    assert len(set(found.values())) == len(LOSSES)
    assert all(math.isfinite(loss) for loss in found.values())
