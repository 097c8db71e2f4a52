"""A loss that is not finite is seen at its step, before it reaches the weights, and told with the samples."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from sightline.core.errors import RunError
from sightline.training.samplers import LABEL
from sightline.training.samples import Samples
from sightline.training.watchers.babysitter import Babysitter
from sightline.training.watchers.watcher import Watcher


def numbers(count, *, broken=()):
    """Return samples of eight numbers; in some rows one of them is not a number."""
    inputs = torch.randn(count, 8, generator=torch.Generator().manual_seed(0))
    inputs[list(broken), 3] = float("nan")
    names = lambda rows: [f"cat/{row}.png" for row in rows.tolist()]  # noqa: E731
    return Samples(inputs, {LABEL: torch.arange(count) % 4}, torch.arange(count), names)


@pytest.fixture
def dense(train):
    """Let trainings begin with one dense layer, and return it afterwards."""
    networks = []

    def make(_):
        torch.manual_seed(0)
        networks.append(nn.Linear(8, 4))
        return networks[-1]

    train.network_of = make
    return networks


class Last(Watcher):
    """Keeps the weights after the last step that was taken."""

    def __init__(self):
        self.weight, self.steps = None, 0

    def after_step(self, step):
        self.weight, self.steps = step.network.weight.detach().clone(), self.steps + 1


@pytest.mark.usefixtures("dense")
def test_the_error_names_epoch_step_rate_and_the_broken_sample(train, recipe_of):
    last = Last()
    recipe = recipe_of("sgd", epochs=2, batch_size=8, learning_rate=0.05)
    with pytest.raises(RunError, match=r"training loss became nan in epoch 1, step \d at a learning rate") as caught:
        train(recipe, training=numbers(32, broken=[21]), validation=numbers(8), watchers=[last])
    assert f"step {last.steps + 1} " in caught.value.problem
    assert caught.value.problem.endswith("at a learning rate of 0.05, with cat/21.png")
    assert "--learning-rate 0.005" in caught.value.hint


def test_the_step_that_would_have_broken_the_weights_is_not_taken(train, recipe_of, dense):
    last = Last()
    with pytest.raises(RunError, match="step 3"):
        train(in_order(recipe_of), training=numbers(32, broken=[17]), validation=numbers(8), watchers=[last])
    assert torch.equal(dense[0].weight.detach(), last.weight)
    assert dense[0].weight.isfinite().all()


def in_order(recipe_of):
    return replace(recipe_of("sgd", epochs=1), sampler=InOrderOfEight())


class InOrderOfEight:
    def batches(self, samples, *, seed):
        return samples.rows.split(8)


@pytest.mark.usefixtures("dense")
def test_of_many_samples_five_are_named_and_the_others_counted(train, recipe_of):
    with pytest.raises(RunError) as caught:
        train(in_order(recipe_of), training=numbers(32, broken=range(8)), validation=numbers(8))
    assert caught.value.problem.endswith("with cat/0.png, cat/1.png, cat/2.png, cat/3.png, cat/4.png and 3 more")


@pytest.mark.usefixtures("dense")
def test_where_only_the_sum_overflows_all_samples_of_the_step_are_named(train, recipe_of):
    huge = numbers(8)
    huge.inputs[:] = 1e36 * huge.inputs.sign()
    with pytest.raises(RunError) as caught:
        train(recipe_of("sgd", epochs=1, criterion=lambda scores, _: scores.abs().amax(dim=1) * 50), training=huge)
    assert "became inf in epoch 1, step 1" in caught.value.problem
    assert caught.value.problem.endswith("and 3 more")


@pytest.mark.usefixtures("dense")
def test_a_validation_loss_that_is_not_finite_is_told_as_such(train, recipe_of):
    with pytest.raises(RunError, match="the validation loss became nan in epoch 1 at a learning rate"):
        train(recipe_of("sgd", epochs=1), training=numbers(8), validation=numbers(8, broken=[2]))


@pytest.mark.usefixtures("dense")
def test_losses_that_stay_numbers_and_are_far_above_guessing_are_found(train, recipe_of):
    def codes(rate, where):
        recipe = recipe_of("sgd", epochs=2, batch_size=8, learning_rate=rate)
        watchers = [Babysitter(recipe, validated=8)]
        train(recipe, where=where, training=numbers(32), validation=numbers(8), watchers=watchers)
        return [finding.code for finding in train.findings]

    assert codes(1e30, "far") == ["loss-exploding"]
    assert codes(0.05, "near") == []
