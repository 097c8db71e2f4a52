"""One step: whole or in pieces, clipped, with auxiliary heads; and the step of full-batch descent."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from sightline.core.errors import RunError
from sightline.training.learner import Learner
from sightline.training.losses import Penalties
from sightline.training.objectives.classification import AUXILIARY_SHARE, class_shares
from sightline.training.phase import Phase
from sightline.training.samplers import LABEL


@pytest.mark.parametrize("batch_size", [5, 8, 32])
def test_full_batch_descent_takes_one_step_an_epoch_whatever_the_batch_size(batch_size, train, recipe_of, onlooker):
    huge, _ = train(recipe_of("sgd", epochs=3, batch_size=32, learning_rate=0.1), name="mlp", where="huge")
    recipe = recipe_of("gd", epochs=3, batch_size=batch_size, learning_rate=0.1)
    pieces, _ = train(recipe, name="mlp", where="gd", watchers=[onlooker])
    assert [count for _, _, count in onlooker.steps] == [32, 32, 32]
    for ours, theirs in zip(pieces.parameters(), huge.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("optimizer", "limit"), [("sgd", 31), ("momentum", 8), ("adagrad", 5), ("gd", 2)])
def test_a_batch_that_does_not_fit_gives_the_weights_of_one_that_does(optimizer, limit, train, recipe_of, narrow_of):
    recipe = recipe_of(optimizer, epochs=3, batch_size=32, penalties=Penalties(l2=0.01), clip_norm=0.5)
    networks, histories = {}, {}
    for name, fitting in (("whole", 32), ("pieces", limit)):
        train.network_of = lambda _, fitting=fitting: narrow_of(fitting)
        networks[name], histories[name] = train(recipe, where=name)
    for ours, theirs in zip(networks["pieces"].parameters(), networks["whole"].parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)
    for ours, theirs in zip(histories["pieces"], histories["whole"], strict=True):
        assert ours.training["loss"] == pytest.approx(theirs.training["loss"], rel=1e-5)
        assert ours.training["accuracy"] == theirs.training["accuracy"]
        assert ours.l2_penalty == pytest.approx(theirs.l2_penalty, rel=1e-5)


def test_each_halving_is_told_in_one_calm_line(train, recipe_of, narrow_of):
    train.network_of = lambda _: narrow_of(9)
    train(recipe_of("sgd", epochs=2, batch_size=32))
    assert train.said == [
        "a batch of 32 does not fit into memory: each step adds up the gradients "
        f"of {piece} pictures at a time, so the result keeps its batch size"
        for piece in (16, 8)
    ]


def test_a_batch_that_fits_is_not_talked_about(train, recipe_of, narrow_of):
    train.network_of = lambda _: narrow_of(32)
    train(recipe_of("sgd", epochs=1, batch_size=32))
    assert train.said == []


def test_halving_draws_dropout_as_if_the_pieces_had_been_known(recipe_of, narrow_of, samples_of):
    samples, found = samples_of(32), {}
    for name, limit in (("found out", 8), ("known", 32)):
        learner = Learner(narrow_of(limit, dropout=0.5), Phase(recipe_of("sgd", batch_size=32)), say=lambda _: None)
        learner.cut_into(32 if name == "found out" else 8)
        torch.manual_seed(3)
        learner.gradients(samples.cut(samples.rows))
        gradients = [weight.grad for weight in learner.network.parameters()]
        found[name] = [*gradients, torch.get_rng_state()]
        assert learner.piece == 8
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(*found.values(), strict=True))


@pytest.mark.parametrize("always", [False, True])
def test_memory_for_one_picture_alone_is_an_error(always, train, recipe_of, narrow_of):
    train.network_of = lambda _: narrow_of(1, always=always)
    with pytest.raises(RunError, match="not even 2 pictures fit into the memory of cpu: out of memory") as caught:
        train(recipe_of("sgd", batch_size=32))
    assert "smaller" in caught.value.hint


@pytest.mark.parametrize("error", [RuntimeError("shapes do not match"), ValueError("7"), KeyError("memory")])
def test_an_error_that_is_no_lack_of_memory_passes(error, train, recipe_of, narrow_of):
    train.network_of = lambda _: narrow_of(4, error=error)
    with pytest.raises(type(error)) as caught:
        train(recipe_of("sgd", batch_size=32))
    assert caught.value is error
    assert train.said == []


@pytest.mark.parametrize("limit", [0.01, 0.1])
def test_no_step_sees_a_longer_gradient_than_allowed(limit, train, recipe_of, onlooker):
    """With a rate of 1, a plain step is as long as its gradient."""
    for clip_norm in (0.0, limit):
        recipe = recipe_of("sgd", epochs=1, learning_rate=1.0, clip_norm=clip_norm)
        train(recipe, name="mlp", where=f"{clip_norm}", watchers=[onlooker])
    places = [nn.utils.parameters_to_vector(weights) for weights, _, _ in onlooker.steps]
    free, clipped = (
        max((after - before).norm() for before, after in pairwise(run)) for run in (places[:4], places[4:])
    )
    assert clipped == pytest.approx(limit, rel=0.01)
    assert free > 2 * limit


def test_a_gradient_within_the_limit_is_left_as_it_is(train, recipe_of, assert_same_weights):
    free, _ = train(recipe_of("sgd", epochs=1), where="free")
    clipped, _ = train(recipe_of("sgd", epochs=1, clip_norm=1e6), where="clipped")
    assert_same_weights(free, clipped)


class ThreeHeads(nn.Module):
    """Gives a tuple of scores while it trains, the first alone otherwise."""

    def __init__(self, body):
        super().__init__()
        self.body, self.heads = body, nn.ModuleList(nn.Linear(8, 4) for _ in range(3))

    def forward(self, pixels):
        middle = self.body(pixels)
        return tuple(head(middle) for head in self.heads) if self.training else self.heads[0](middle)


def test_auxiliary_heads_add_three_tenths_of_their_loss_each(recipe_of, samples_of, dense_of):
    network, samples, recipe = ThreeHeads(dense_of(256, 8)), samples_of(16), recipe_of("sgd", batch_size=16)
    batch = samples.cut(samples.rows)
    criterion, shares = recipe.objective.criterion, class_shares(batch.targets[LABEL], 4)
    first, second, third = (criterion(scores, shares).mean() for scores in network.train()(batch.inputs))
    expected = torch.autograd.grad(first + 0.3 * second + 0.3 * third, list(network.parameters()))
    _, tally = Learner(network, Phase(recipe), say=print).gradients(batch)
    for weight, slope in zip(network.parameters(), expected, strict=True):
        torch.testing.assert_close(weight.grad, slope)
    assert tally.mean("loss") == pytest.approx(first.item(), rel=1e-5)
    assert AUXILIARY_SHARE == 0.3


def test_a_network_with_auxiliary_heads_is_measured_by_its_scores_alone(train, recipe_of, dense_of):
    train.network_of = lambda _: ThreeHeads(dense_of(256, 8))
    network, history = train(recipe_of(epochs=20, learning_rate=0.01))
    assert history[-1].validation["accuracy"] > 0.9
    assert torch.is_tensor(network(torch.zeros(1, 16, 16, 1, dtype=torch.uint8)))


def test_progress_sets_the_rate_of_every_optimizer(network_of, recipe_of):
    recipe = recipe_of("muon", learning_rate=0.02, schedule="step")
    learner = Learner(network_of("lenet"), Phase(recipe), say=print)
    learner.go_to(0.5)
    rates = [group["lr"] for optimizer in learner.optimizers for group in optimizer.param_groups]
    assert rates == pytest.approx([0.002] * 3)
