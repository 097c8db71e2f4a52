"""Each fault is planted in a set-up that is right and named by the check that it is for; what is right is not."""

from collections import OrderedDict
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional

from sightline.training.losses import Penalties
from sightline.training.objectives.loss_function import LossFunction
from sightline.training.optimizers import OPTIMIZERS
from sightline.training.preflight.checks import CHECKS
from sightline.training.samplers import LABEL
from sightline.training.samples import Parts


class Backwards(torch.autograd.Function):
    """Gives its input on, and its gradient times a factor."""

    @staticmethod
    def forward(context, inputs, factor):
        context.factor = factor
        return inputs.clone()

    @staticmethod
    def backward(context, gradient):
        return context.factor * gradient, None


class Layer(nn.Module):
    """A layer of one's own, made of a function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, inputs):
        return self.function(inputs)


class BatchNormWithoutMean(torch.autograd.Function):
    """Normalises over the batch; its backward takes the mean for a constant."""

    @staticmethod
    def forward(context, inputs):
        centred = inputs - inputs.mean(dim=0)
        deviation = (centred.square().mean(dim=0) + 1e-5).sqrt()
        context.save_for_backward(centred / deviation, deviation)
        return centred / deviation

    @staticmethod
    def backward(context, gradient):
        normal, deviation = context.saved_tensors
        return (gradient - normal * (gradient * normal).mean(dim=0)) / deviation


@pytest.fixture
def network_with():
    def make(function, *, before_second=True):
        torch.manual_seed(0)
        layers = [nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32, 4)]
        layers.insert(2 if before_second else len(layers), Layer(function))
        return nn.Sequential(*layers)

    return make


@pytest.mark.parametrize("check", CHECKS)
def test_a_sound_setup_is_named_by_no_check(check, setup_of, found):
    assert found(check, setup_of()) == []


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "muon"])
@pytest.mark.parametrize("check", ["steps", "by-heart", "rate-range"])
def test_a_sound_setup_is_named_with_no_optimizer(check, optimizer, setup_of, found):
    assert found(check, setup_of(optimizer=optimizer)) == []


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("same-inputs", torch.zeros_like),
        ("input-not-normalised", lambda inputs: 120 + 60 * inputs),
        ("input-off-centre", lambda inputs: inputs * 0.5 - 4),
        ("constant-channel", lambda inputs: torch.cat((inputs[:, :2], torch.ones_like(inputs[:, 2:])), dim=1)),
    ],
)
def test_what_is_wrong_with_the_inputs_is_named(code, change, setup_of, found):
    setup = setup_of()
    training = setup.parts.training
    changed = replace(training, inputs=change(training.inputs))
    assert code in found("inputs", replace(setup, parts=Parts(changed, setup.parts.validation)))


@pytest.mark.parametrize(("code", "shift"), [("labels-from-one", 1), ("label-without-score", 3)])
def test_labels_that_are_off_are_named(code, shift, setup_of, found):
    setup = setup_of()
    training = setup.parts.training
    labels = training.targets[LABEL].clamp(max=2) + shift
    changed = replace(training, targets={LABEL: labels})
    assert found("labels", replace(setup, parts=Parts(changed, setup.parts.validation))) == [code]


class SortedByClass:
    """A sampler that forgot to shuffle."""

    def batches(self, samples, *, seed):
        order = samples.targets[LABEL][samples.rows].argsort(stable=True)
        return torch.split(samples.rows[order], 8)


def test_batches_of_one_class_are_named(setup_of, found):
    assert found("batches", setup_of(sampler=SortedByClass())) == ["one-class-batches"]


def test_batch_normalisation_over_one_sample_is_named(setup_of, found):
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(128, 4))
    assert found("batches", setup_of(network, batch_size=1)) == ["batch-norm-of-one"]
    assert found("batches", setup_of(network)) == []


def test_validation_samples_that_are_learnt_from_are_named(setup_of, found):
    training = setup_of().parts.training
    assert found("shared-samples", setup_of(validation=replace(training, rows=training.rows[:16]))) == [
        "validation-in-training"
    ]


@pytest.mark.parametrize(
    ("code", "function"),
    [
        ("loss-below-zero", functional.nll_loss),
        ("loss-is-a-sum", nn.CrossEntropyLoss(reduction="sum")),
        ("loss-without-sense", lambda scores, labels: functional.mse_loss(scores.mean(dim=1), labels.to(scores.dtype))),
    ],
)
def test_a_loss_that_asks_for_something_else_is_named(code, function, setup_of, found):
    assert code in found("objective", setup_of(objective=LossFunction(function)))


def test_a_second_softmax_is_named(setup_of, found, network_with):
    network = network_with(lambda scores: scores.softmax(dim=1), before_second=False)
    assert found("objective", setup_of(network)) == ["softmax-twice"]


def test_a_first_loss_far_above_chance_is_named(setup_of, found):
    setup = setup_of()
    with torch.no_grad():
        for weight in setup.network.parameters():
            weight.mul_(20)
    assert found("initial-loss", setup) == ["initial-loss-high"]


def test_penalties_that_outweigh_the_loss_are_named(setup_of, found):
    assert found("initial-loss", setup_of(penalties=Penalties(l2=5.0))) == ["penalty-too-strong"]
    assert found("initial-loss", setup_of(penalties=Penalties(l1=1e-5, l2=1e-4))) == []


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("weight-decay-too-strong", {"weight_decay": 100.0}),
        ("epsilon-too-small", {"eps": 1e-30}),
    ],
)
def test_steps_of_an_odd_size_are_named(code, changes, setup_of, found):
    options = {**OPTIMIZERS["adamw"].options, **({"eps": changes.pop("eps")} if "eps" in changes else {})}
    entry = replace(OPTIMIZERS["adamw"], options=options)
    assert found("steps", replace_optimizer(setup_of(optimizer="adamw", **changes), entry)) == [code]


def replace_optimizer(setup, entry):
    return replace(setup, recipe=replace(setup.recipe, optimizer=entry))


def test_dropout_that_lets_nothing_through_is_named(setup_of, found):
    strong, usual = (nn.Sequential(nn.Flatten(), nn.Dropout(rate), nn.Linear(108, 4)) for rate in (0.99, 0.5))
    assert found("steps", setup_of(strong)) == ["dropout-too-strong"]
    assert found("steps", setup_of(usual)) == []


@pytest.mark.parametrize(
    ("code", "layer"),
    [
        ("random-evaluation", Layer(functional.dropout)),
        ("batch-dependence", Layer(lambda maps: maps - maps.mean(dim=0, keepdim=True))),
    ],
)
def test_an_evaluation_that_is_none_is_named(code, layer, setup_of, found):
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), layer, nn.Flatten(), nn.Linear(128, 4))
    assert found("evaluation-mode", setup_of(network)) == [code]


class AlwaysTraining(nn.BatchNorm2d):
    """Does not follow ``eval()``."""

    def train(self, mode=True):  # noqa: FBT002 - torch's signature
        return super().train(True)


def test_a_layer_left_in_training_mode_is_named(setup_of, found):
    network = nn.Sequential(nn.Conv2d(3, 8, 3), AlwaysTraining(8), nn.ReLU(), nn.Flatten(), nn.Linear(128, 4))
    assert "evaluation-changes-network" in found("evaluation-mode", setup_of(network))


def test_first_weights_of_zero_are_named(setup_of, found):
    setup = setup_of()
    for weight in setup.network.parameters():
        nn.init.zeros_(weight)
    assert found("first-weights", setup) == ["zero-weights"]


def test_first_weights_of_one_value_are_named(setup_of, found):
    setup = setup_of()
    nn.init.constant_(setup.network[0].weight, 0.1)
    assert found("first-weights", setup) == ["constant-weights"]


def test_a_last_layer_of_zeros_is_sound(setup_of, found):
    setup = setup_of()
    nn.init.zeros_(setup.network[-1].weight)
    assert found("first-weights", setup) == []


def test_a_detached_branch_is_named(setup_of, found, network_with):
    assert found("first-weights", setup_of(network_with(torch.detach))) == ["no-gradient"]


def test_layers_frozen_before_they_learnt_anything_are_named(setup_of, found):
    setup = setup_of()
    setup.network[0].weight.requires_grad_(False)
    assert found("first-weights", setup) == ["frozen-first-weights"]


def test_frozen_weights_that_have_learnt_are_sound(setup_of, found):
    setup = setup_of()
    with torch.no_grad():
        setup.network[0].weight.mul_(torch.linspace(0.2, 3, 8)[:, None, None, None])
    setup.network[0].weight.requires_grad_(False)
    assert found("first-weights", setup) == []


def test_a_saturated_stack_is_named(setup_of, found):
    layers = OrderedDict(flat=nn.Flatten(), first=nn.Linear(108, 32), squash=nn.Sigmoid(), last=nn.Linear(32, 4))
    network = nn.Sequential(layers)
    nn.init.normal_(network.first.weight, std=30)
    assert "saturated-units" in found("signals", setup_of(network))


def test_dead_units_are_named(setup_of, found):
    setup = setup_of()
    nn.init.constant_(setup.network[0].bias, -100.0)
    assert "dead-units" in found("signals", setup)


def test_gradients_that_vanish_are_named(setup_of, found):
    torch.manual_seed(0)
    deep = [layer for _ in range(10) for layer in (nn.Linear(32, 32), nn.Sigmoid())]
    network = nn.Sequential(nn.Flatten(), nn.Linear(108, 32), nn.Sigmoid(), *deep, nn.Linear(32, 4))
    assert "vanishing-gradients" in found("signals", setup_of(network))


@pytest.mark.parametrize("factor", [-1.0, 0.5, 1000.0])
def test_a_wrong_gradient_of_a_layer_of_ones_own_is_named(factor, setup_of, found, network_with):
    network = network_with(lambda maps: Backwards.apply(maps, factor))
    assert found("gradient-check", setup_of(network)) == ["wrong-gradient"]


def test_a_backward_that_forgets_the_mean_of_the_batch_is_named(setup_of, found, network_with):
    assert found("gradient-check", setup_of(network_with(BatchNormWithoutMean.apply))) == ["wrong-gradient"]


def test_a_kink_is_no_fault(setup_of, found):
    setup = setup_of()
    nn.init.zeros_(setup.network[0].bias)
    blank = replace(setup.parts.training, inputs=setup.parts.training.inputs.clamp(min=0) * 0)
    assert found("gradient-check", replace(setup, parts=Parts(blank, setup.parts.validation))) == []


def test_a_network_that_does_not_look_at_the_picture_is_named(setup_of, found, network_with):
    assert found("by-heart", setup_of(network_with(lambda maps: maps * 0))) == ["input-ignored"]


def test_rates_that_are_a_thousand_times_off_are_named(setup_of, found):
    assert found("rate-range", setup_of(learning_rate=100.0)) == ["rate-too-high"]
    assert found("rate-range", setup_of(learning_rate=1e-8)) == ["rate-too-low"]


def test_alteration_that_leaves_nothing_of_the_classes_is_named(setup_of, found, samples_of, network_of):
    def black(batch, _):
        return batch.with_inputs(batch.inputs // 255)

    def shifted(batch, _):
        return batch.with_inputs(batch.inputs.roll(1, dims=2))

    for change, codes in ((black, ["augmentation-destroys-classes"]), (shifted, [])):
        setup = setup_of(network_of(), training=samples_of(400), validation=samples_of(40, seed=1), augment=change)
        assert found("altered-samples", setup) == codes
