"""Each optimizer against its textbook formula in plain numpy, and what weight decay and Muon take hold of."""

import gc
from weakref import ref

import numpy as np
import pytest
import torch
from torch import nn

from sightline.core.errors import SettingsError
from sightline.training.machine.threads import threads_set_to
from sightline.training.optimizers import OPTIMIZERS

CURVATURES = np.array([1.0, 25.0])
START = np.array([1.0, -2.0])
RATE = 0.03


def slope(weights):
    """Return the gradient of ``(w_1^2 + 25 w_2^2) / 2``."""
    return CURVATURES * weights


def plain(weights):
    while True:
        weights = weights - RATE * slope(weights)
        yield weights


def momentum(weights):
    velocity = np.zeros(2)
    while True:
        velocity = 0.9 * velocity + slope(weights)
        weights = weights - RATE * velocity
        yield weights


def nesterov(weights):
    velocity = np.zeros(2)
    while True:
        gradient = slope(weights)
        velocity = 0.9 * velocity + gradient
        weights = weights - RATE * (gradient + 0.9 * velocity)
        yield weights


def adagrad(weights):
    total = np.zeros(2)
    while True:
        gradient = slope(weights)
        total = total + gradient**2
        weights = weights - RATE * gradient / (np.sqrt(total) + 1e-10)
        yield weights


def rmsprop(weights):
    mean, velocity = np.zeros(2), np.zeros(2)
    while True:
        gradient = slope(weights)
        mean = 0.99 * mean + 0.01 * gradient**2
        velocity = 0.9 * velocity + gradient / (np.sqrt(mean) + 1e-8)
        weights = weights - RATE * velocity
        yield weights


def adam(weights, decay=0.0):
    first, second, count = np.zeros(2), np.zeros(2), 0
    while True:
        gradient, count = slope(weights), count + 1
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        weights = weights * (1 - RATE * decay)
        weights = weights - RATE * (first / (1 - 0.9**count)) / (np.sqrt(second / (1 - 0.999**count)) + 1e-8)
        yield weights


def adamw(weights):
    return adam(weights, decay=0.01)


TEXTBOOK = {
    "gd": plain,
    "sgd": plain,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adamw,
}


def test_every_optimizer_but_muon_has_its_textbook_formula_here():
    assert {*TEXTBOOK, "muon", "muon-normalised"} == {*OPTIMIZERS}


@pytest.mark.parametrize("name", TEXTBOOK)
def test_the_first_steps_are_those_of_the_textbook(name):
    weight = torch.nn.Parameter(torch.tensor(START[None], dtype=torch.float32))
    (optimizer,) = OPTIMIZERS[name].build(torch.nn.ParameterList([weight]), learning_rate=RATE)
    for _, expected in zip(range(4), TEXTBOOK[name](START), strict=False):
        weight.grad = torch.tensor(slope(weight.detach().numpy()), dtype=torch.float32)
        optimizer.step()
        np.testing.assert_allclose(weight.detach().numpy()[0], expected, rtol=1e-4)


@pytest.fixture
def filters():
    """Return a maker of a network with every kind of parameter, in the memory that training uses or another."""

    def make(memory=torch.channels_last):
        torch.manual_seed(0)
        return torch.nn.Sequential(
            torch.nn.Conv2d(3, 8, 3),
            torch.nn.BatchNorm2d(8),
            torch.nn.Conv2d(8, 10, 3),
            torch.nn.Conv2d(10, 6, 1),
            torch.nn.Flatten(),
            torch.nn.Linear(6, 12),
            torch.nn.Linear(12, 5),
        ).to(memory_format=memory)

    return make


def stepped(network, optimizers, seed=0):
    """Return how every parameter moves in one step against random gradients."""
    generator = torch.Generator().manual_seed(seed)
    before = [weight.detach().clone() for weight in network.parameters()]
    for weight in network.parameters():
        weight.grad = torch.empty_like(weight).copy_(torch.randn(weight.shape, generator=generator))
    for optimizer in optimizers:
        optimizer.step()
    return [weight.detach() - old for weight, old in zip(network.parameters(), before, strict=True)]


HIDDEN = ("2.weight", "3.weight", "5.weight")


@pytest.mark.parametrize("memory", [torch.channels_last, torch.contiguous_format])
def test_the_steps_of_muon_are_nearly_orthogonal_in_hidden_matrices_and_filters(memory, filters):
    network = filters(memory)
    moves = stepped(network, OPTIMIZERS["muon"].build(network, learning_rate=0.01, weight_decay=0))
    for (name, _), move in zip(network.named_parameters(), moves, strict=True):
        if name in HIDDEN:
            matrix = move.flatten(1)
            scale = 0.01 * 0.2 * max(matrix.shape) ** 0.5
            singular = torch.linalg.svdvals(matrix) / scale
            assert singular.min() > 0.5, name
            assert singular.max() < 1.3, name


def test_a_step_of_muon_does_not_depend_on_the_memory_s_order(filters):
    moves = {}
    for memory in (torch.channels_last, torch.contiguous_format):
        network = filters(memory)
        moves[memory] = stepped(network, OPTIMIZERS["muon"].build(network, learning_rate=0.01))
        assert network[2].weight.is_contiguous(memory_format=memory)
    for ours, theirs in zip(*moves.values(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=2e-4)  # it works in bfloat16


def test_muon_leaves_the_first_and_the_last_layer_biases_and_norms_to_adamw(filters):
    network = filters()
    rest, hidden = OPTIMIZERS["muon"].build(network, learning_rate=0.01, weight_decay=0)
    assert (type(rest).__name__, type(hidden).__name__) == ("AdamW", "Muon")
    moves = stepped(network, (rest, hidden))
    for (name, weight), move in zip(network.named_parameters(), moves, strict=True):
        signs = -0.01 * weight.grad.sign()  # what Adam's first step is
        assert torch.allclose(move, signs, atol=1e-5) == (name not in HIDDEN), name


def test_muon_needs_a_layer_between_the_first_and_the_last():
    network = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Linear(3, 2))
    with pytest.raises(SettingsError, match="between the first and the last, and the network has none") as caught:
        OPTIMIZERS["muon"].build(network, learning_rate=0.01)
    assert "adamw" in caught.value.hint


@pytest.mark.parametrize("memory", [torch.channels_last, torch.contiguous_format])
def test_normalised_muon_turns_every_hidden_matrix_equally_far_however_long_it_was(memory, filters):
    network = filters(memory)
    with torch.no_grad():
        network[2].weight.mul_(1000)
    hidden = [network.get_parameter(name) for name in HIDDEN]
    lengths = [weight.norm().item() for weight in hidden]
    directions = [weight.flatten(1) / weight.norm() for weight in hidden]
    stepped(network, OPTIMIZERS["muon-normalised"].build(network, learning_rate=0.01))
    assert lengths[0] > 100 * lengths[1]
    for weight, direction in zip(hidden, directions, strict=True):
        matrix = weight.detach().flatten(1)
        step = matrix - direction * len(matrix) ** 0.5
        singular = torch.linalg.svdvals(step) / (8 * 0.01 * max(1, len(matrix) / matrix.shape[1]) ** 0.5)
        assert singular.min() > 0.5
        assert singular.max() < 1.3


def test_normalised_muon_leaves_a_matrix_of_noughts_finite(filters):
    network = filters()
    torch.nn.init.zeros_(network[3].weight)
    stepped(network, OPTIMIZERS["muon-normalised"].build(network, learning_rate=0.01))
    assert network[3].weight.isfinite().all()


@pytest.mark.parametrize("name", [name for name, entry in OPTIMIZERS.items() if not entry.keeps_length])
def test_weight_decay_shrinks_matrices_and_filters_and_nothing_else(name, filters):
    network = filters()
    torch.nn.init.ones_(network[1].bias)
    before = [parameter.detach().clone() for parameter in network.parameters()]
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    for optimizer in OPTIMIZERS[name].build(network, learning_rate=0.01, weight_decay=0.1):
        optimizer.step()
    for (label, parameter), old in zip(network.named_parameters(), before, strict=True):
        if parameter.ndim > 1:
            assert parameter.norm() < old.norm(), label
        else:
            assert torch.equal(parameter, old), label
            assert old.any(), "otherwise this shows nothing"


@pytest.mark.parametrize("name", ["gd", "sgd", "momentum", "nesterov", "adamw", "muon"])
def test_a_step_without_gradient_takes_the_decay_times_the_rate_off_each_matrix(name, filters):
    network = filters()
    before = [parameter.detach().clone() for parameter in network.parameters() if parameter.ndim > 1]
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    for optimizer in OPTIMIZERS[name].build(network, learning_rate=0.1, weight_decay=0.5):
        optimizer.step()
    # The second term of Nesterov's velocity counts the decay once more.
    factor = 1 - 0.1 * 0.5 * (1.9 if name == "nesterov" else 1)
    after = [parameter.detach() for parameter in network.parameters() if parameter.ndim > 1]
    torch.testing.assert_close(after, [factor * weight for weight in before], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("name", "own"), [("adamw", 0.01), ("muon", 0.01), ("adam", 0.0), ("sgd", 0.0)])
def test_an_optimizer_has_its_own_weight_decay_unless_told(name, own, filters):
    for told, expected in ((None, own), (0.0, 0.0), (0.3, 0.3)):
        for optimizer in OPTIMIZERS[name].build(filters(), learning_rate=0.01, weight_decay=told):
            assert optimizer.param_groups[0]["weight_decay"] == expected


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weights_that_are_not_trained_stay_where_they_are(name, filters):
    network = filters()
    network[2].requires_grad_(requires_grad=False)
    optimizers = OPTIMIZERS[name].build(network, learning_rate=0.01)
    held = [weight for optimizer in optimizers for group in optimizer.param_groups for weight in group["params"]]
    assert sum(weight.numel() for weight in held) == sum(
        weight.numel() for weight in network.parameters() if weight.requires_grad
    )


@pytest.mark.parametrize(("columns", "threads"), [(9, 1), (100_000, 2)])
def test_small_matrices_are_stepped_by_one_thread_and_the_rest_keeps_its_own(columns, threads):
    seen = []
    network = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, columns), nn.Linear(columns, 30), nn.Linear(30, 2))
    _, muon = OPTIMIZERS["muon"].build(network, learning_rate=0.01)
    muon.register_step_pre_hook(lambda *_: seen.append(torch.get_num_threads()))
    network(torch.ones(2, 4)).sum().backward()
    with threads_set_to(2):
        muon.step()
        assert torch.get_num_threads() == 2
    assert seen == [threads]


def test_an_optimizer_that_is_gone_holds_no_gradients(dense_of):
    network = dense_of(4, 8, 8, 2)
    optimizers = OPTIMIZERS["muon"].build(network, learning_rate=0.01)
    matrix = ref(optimizers[1].param_groups[0]["params"][0])
    network(torch.zeros(2, 1, 4, 1, dtype=torch.uint8)).sum().backward()
    assert matrix().grad is not None
    del optimizers
    gc.collect()
    assert matrix() is None
    network(torch.zeros(2, 1, 4, 1, dtype=torch.uint8)).sum().backward()
