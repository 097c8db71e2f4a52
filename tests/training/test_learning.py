"""A network learns what can be learnt, and nothing else."""

import pytest
import torch

from sightline.training.evaluation import evaluate
from sightline.training.objectives.classification import accuracy
from sightline.training.optimizers import OPTIMIZERS


@pytest.mark.parametrize(("name", "rate"), [("linear", 0.01), ("mlp", 0.01), ("lenet", 0.01)])
def test_eight_pictures_are_learnt_by_heart(name, rate, train, recipe_of, samples_of):
    eight = samples_of(8)
    recipe = recipe_of(epochs=30, learning_rate=rate)
    network, _ = train(recipe, name=name, training=eight, validation=eight)
    learnt = evaluate(network, eight, recipe)
    assert accuracy(learnt) == 1
    assert learnt.mean("loss") < 0.05


def test_shuffled_labels_give_chance_on_pictures_that_were_not_learnt(train, recipe_of, samples_of):
    nonsense, unseen = samples_of(64, shuffled_labels=True), samples_of(400, seed=1)
    _, history = train(recipe_of(epochs=3), training=nonsense, validation=unseen)
    assert max(record.validation["accuracy"] for record in history) < 0.5


def test_labels_that_mean_something_give_far_more_than_chance(train, recipe_of, samples_of):
    _, history = train(recipe_of(epochs=3), training=samples_of(64), validation=samples_of(400, seed=1))
    assert history[-1].validation["accuracy"] > 0.9


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_optimizer_lowers_the_loss(optimizer, train, recipe_of):
    _, history = train(recipe_of(optimizer, epochs=12), name="lenet")
    assert history[-1].training["loss"] < 0.8 * history[0].training["loss"]


def test_the_same_seed_gives_the_same_weights(train, recipe_of, assert_same_weights):
    first, history = train(recipe_of(), name="mlp", where="first")
    second, again = train(recipe_of(), name="mlp", where="second")
    assert_same_weights(first, second)
    assert [record.training["loss"] for record in history] == [record.training["loss"] for record in again]


def test_another_seed_gives_other_weights(train, recipe_of):
    first, _ = train(recipe_of(seed=0), where="first")
    second, _ = train(recipe_of(seed=1), where="second")
    assert not torch.equal(first.network.dense.weight, second.network.dense.weight)


def test_momentum_differs_from_plain_steps_from_the_second_step_on(train, recipe_of):
    weights = {
        (name, count): train(
            recipe_of(name, epochs=1, batch_size=32 // count, learning_rate=0.01), where=f"{name}{count}"
        )[0].network.dense.weight.detach()
        for name in ("sgd", "momentum")
        for count in (1, 2)
    }
    assert torch.equal(weights["sgd", 1], weights["momentum", 1])
    assert not torch.equal(weights["sgd", 2], weights["momentum", 2])


def test_the_second_step_of_momentum_keeps_nine_tenths_of_the_first():
    weight = torch.nn.Parameter(torch.zeros(1))
    (optimizer,) = OPTIMIZERS["momentum"].build(torch.nn.ParameterList([weight]), learning_rate=0.1)
    for _ in range(2):
        weight.grad = torch.ones(1)
        optimizer.step()
    assert weight.item() == pytest.approx(-0.1 - 0.1 * (1 + 0.9))


def test_the_first_step_of_adam_is_as_long_as_the_learning_rate():
    weight = torch.nn.Parameter(torch.zeros(2))
    (optimizer,) = OPTIMIZERS["adam"].build(torch.nn.ParameterList([weight]), learning_rate=0.1)
    weight.grad = torch.tensor([0.001, -1000.0])
    optimizer.step()
    torch.testing.assert_close(weight.detach(), torch.tensor([-0.1, 0.1]), atol=1e-4, rtol=0)
