"""Faults of trainings, each planted where users plant it: in a setting, in the pictures, or in a layer of their own."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import nn
from torch.nn import functional

from bench.setups import SLIM, Plan, changed, setup_of
from sightline.training.batch import Batch
from sightline.training.losses import Penalties
from sightline.training.objectives.loss_function import LossFunction
from sightline.training.samplers import LABEL
from sightline.training.samples import Parts

LONG = 16
"""Epochs of a training whose labels are wrong: what is wrong shows when pictures are known by heart."""


@dataclass(frozen=True)
class Fault:
    """A fault that can be planted.

    Args:
        plant: From a plan and the archive of photos to a set-up with the fault in it.
        codes: Of the findings that name it.
        kinds: Of pictures in which it is one; all if empty.
    """

    plant: Callable
    codes: tuple[str, ...]
    kinds: tuple[str, ...] = ()


def by_setting(**settings):
    """Plant a fault by settings of steps and loss."""
    return lambda plan, archive: setup_of(replace(plan, settings={**plan.settings, **settings}), archive)


def by_option(**options):
    """Plant a fault by options of the network."""
    return lambda plan, archive: setup_of(replace(plan, options={**plan.options, **options}), archive)


def by_network(change):
    """Plant a fault by changing the network in place, or by giving another one."""

    def plant(plan, archive):
        setup = setup_of(plan, archive)
        return changed(setup, network=change(setup.network) or setup.network)

    return plant


def by_inputs(change):
    """Plant a fault by what stands between the pictures and the network's first layer."""

    def plant(plan, archive):
        setup = setup_of(plan, archive)
        return changed(setup, network=nn.Sequential(Between(change), *_apart(setup.network)))

    return plant


def by_labels(change):
    """Plant a fault by changing the labels (n,) of the training part; the function takes them and how many classes."""

    def plant(plan, archive):
        setup = setup_of(replace(plan, settings={"epochs": LONG, **plan.settings}), archive)
        training = setup.parts.training
        labels = training.targets[LABEL].clone()
        labels[training.rows] = change(labels[training.rows], int(labels.max()) + 1)
        return changed(setup, parts=Parts(replace(training, targets={LABEL: labels}), setup.parts.validation))

    return plant


class Between(nn.Module):
    """A layer made of a function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, inputs):
        """Return what the function makes of the inputs."""
        return self.function(inputs)


class Scaled(torch.autograd.Function):
    """Gives its input on, and its gradient times a factor."""

    @staticmethod
    def forward(context, inputs, factor):
        """Return the inputs."""
        context.factor = factor
        return inputs.clone()

    @staticmethod
    def backward(context, gradient):
        """Return the gradient times the factor."""
        return context.factor * gradient, None


class OwnBatchNorm(torch.autograd.Function):
    """Normalises over the batch; its backward takes the batch's mean for a constant."""

    @staticmethod
    def forward(context, inputs):
        """Return the inputs with mean 0 and deviation 1 in each channel."""
        dims = [0, *range(2, inputs.ndim)]
        centred = inputs - inputs.mean(dim=dims, keepdim=True)
        deviation = (centred.square().mean(dim=dims, keepdim=True) + 1e-5).sqrt()
        context.save_for_backward(centred / deviation, deviation)
        return centred / deviation

    @staticmethod
    def backward(context, gradient):
        """Return the gradient without the part that goes through the mean."""
        normal, deviation = context.saved_tensors
        dims = [0, *range(2, gradient.ndim)]
        return (gradient - normal * (gradient * normal).mean(dim=dims, keepdim=True)) / deviation


class Stuck(nn.BatchNorm2d):
    """Does not follow ``eval()``."""

    def train(self, mode=True):  # noqa: ARG002, FBT002 - torch's signature
        """Stay in training mode."""
        return super().train(True)


class Sorted:
    """A sampler that forgot to shuffle."""

    def batches(self, samples, *, seed):  # noqa: ARG002 - the contract's signature
        """Return batches of 16, class after class."""
        order = samples.targets[LABEL][samples.rows].argsort(stable=True)
        return torch.split(samples.rows[order], 16)


def _apart(network):
    """Return the network's own parts, normalisation first, so that something can stand between them."""
    return list(network.children())


def between_halves(function):
    """Return a change that puts a function between the first half of the layers and the rest."""

    def change(network):
        layer = _middle(network)
        layer.register_forward_hook(lambda _layer, _inputs, output: function(output))

    return change


def at_the_end(function):
    """Return a change that puts a function behind the network."""
    return lambda network: nn.Sequential(network, Between(function))


def in_front(function):
    """Return a change that puts a function between normalisation and layers."""

    def change(network):
        normalise, layers = _apart(network)[:2]
        return nn.Sequential(normalise, Between(function), layers)

    return change


def _weighted(network):
    return [layer for layer in network.modules() if isinstance(layer, nn.Linear | nn.Conv2d)]


def _middle(network):
    layers = _weighted(network)
    return layers[(len(layers) - 1) // 2]


def _first_weights(factor):
    def change(network):
        with torch.no_grad():
            for layer in _weighted(network):
                layer.weight.mul_(factor)

    return change


def _constant_first(network):
    nn.init.constant_(
        next(layer for layer in _weighted(network) if isinstance(layer.weight, nn.Parameter)).weight, 0.05
    )


def _zeros(network):
    for layer in _weighted(network):
        for weight in layer.parameters():
            nn.init.zeros_(weight)


def _frozen(network):
    for layer in _weighted(network)[:-1]:
        layer.requires_grad_(False)


def _sigmoid_stack(network):
    classes = _weighted(network)[-1].out_features
    normalise = _apart(network)[0]
    layers = [normalise, nn.Flatten(), nn.LazyLinear(64), nn.Sigmoid()]
    for _ in range(8):
        layers += [nn.Linear(64, 64), nn.Sigmoid()]
    return nn.Sequential(*layers, nn.Linear(64, classes))


def _saturated(plan, archive):
    setup = setup_of(plan, archive)
    torch.manual_seed(plan.seed)
    network = _sigmoid_stack(setup.network)
    with torch.no_grad():
        network(setup.batch(2).inputs)
        for layer in network:
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=8.0)
    return changed(setup, network=network)


def _stuck_norm(network):
    channels = _middle_channels(network)
    middle = _middle(network)
    norm = Stuck(channels) if isinstance(middle, nn.Conv2d) else None
    if norm is None:
        middle.register_forward_hook(lambda _layer, _inputs, output: functional.dropout(output, 0.5))
        return
    network.add_module("own_norm", nn.Identity())
    middle.register_module("own_norm", norm)
    middle.register_forward_hook(lambda layer, _inputs, output: layer.own_norm(output))


def _middle_channels(network):
    return _middle(network).weight.shape[0]


def _epsilon(plan, archive):
    setup = setup_of(replace(plan, settings={**plan.settings, "optimizer": "adam"}), archive)
    entry = setup.recipe.optimizer
    return changed(setup, optimizer=replace(entry, options={**entry.options, "eps": 1e-30}))


def _leak(plan, archive):
    setup = setup_of(plan, archive)
    training = setup.parts.training
    return changed(setup, parts=Parts(training, replace(training, rows=training.rows[: len(training) // 3])))


def _black(plan, archive):
    setup = setup_of(plan, archive)
    parts = [replace(part, inputs=torch.zeros_like(part.inputs)) for part in vars(setup.parts).values()]
    return changed(setup, parts=Parts(*parts))


def _grey_to_constant(maps):
    return torch.cat((maps[:, :-1], torch.full_like(maps[:, -1:], 0.7)), dim=1)


def _destroyed(batch: Batch, generator):
    noise = torch.randint(0, 256, batch.inputs.shape, generator=generator, dtype=torch.uint8)
    return batch.with_inputs(noise)


def _augmented(plan, archive):
    return changed(setup_of(plan, archive), augment=_destroyed)


def _batches_of_one(plan, archive):
    normalised = {} if plan.model == "quick-cnn" else {"normalisation": "batch"}  # that one is so by itself
    plan = replace(plan, options=plan.options | normalised, settings=plan.settings | {"batch_size": 1})
    return setup_of(replace(plan, count=120), archive)


def _shuffled(labels, _classes):
    return labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(1))]


def _own_loss(function):
    return lambda plan, archive: changed(setup_of(plan, archive), objective=LossFunction(function))


def _regression(scores, labels):
    return functional.mse_loss(scores.mean(dim=1), labels.to(scores.dtype))


def _rate(times):
    def plant(plan, archive):
        own = setup_of(plan, archive).recipe.learning_rate
        return setup_of(replace(plan, settings={**plan.settings, "learning_rate": own * times}), archive)

    return plant


def _exploding(plan, archive):
    settings = {**plan.settings, "optimizer": "momentum", "learning_rate": 3.0}
    return setup_of(replace(plan, settings=settings), archive)


def _tied_to_batch(maps):
    return maps - maps.mean(dim=0, keepdim=True)


RATE_HIGH = ("rate-too-high", "steps-too-large", "loss-exploding", "loss-not-finite", "dead-units", "one-answer")
RATE_LOW = ("rate-too-low", "steps-too-small", "loss-not-moving")
NO_SIGNAL = ("nothing-carries-over", "loss-not-moving", "one-answer", "underfitting")

FAULTS = {
    "labels shuffled": Fault(by_labels(_shuffled), ("nothing-carries-over", "loss-not-moving", "underfitting")),
    "pictures black": Fault(_black, ("same-inputs",)),
    "mean subtracted twice": Fault(
        by_network(in_front(lambda maps: maps - 4)), ("input-off-centre", "input-not-normalised")
    ),
    "normalised twice": Fault(
        by_network(in_front(lambda maps: (maps - 0.45) / 0.225)), ("input-off-centre", "input-not-normalised")
    ),
    "not normalised": Fault(
        by_network(in_front(lambda maps: 120 + 60 * maps)), ("input-off-centre", "input-not-normalised")
    ),
    "a constant channel": Fault(by_network(in_front(_grey_to_constant)), ("constant-channel",), ("photos", "colours")),
    "rate a thousand times too high": Fault(_rate(1000), RATE_HIGH),
    "rate a thousand times too low": Fault(_rate(1e-3), RATE_LOW),
    "rate a million times too low": Fault(_rate(1e-6), RATE_LOW),
    "zero first weights": Fault(by_network(_zeros), ("zero-weights",)),
    "huge first weights": Fault(by_network(_first_weights(30.0)), ("initial-loss-high", "exploding-signals")),
    "a constant first weight": Fault(by_network(_constant_first), ("constant-weights",)),
    "softmax twice": Fault(by_network(at_the_end(lambda scores: scores.softmax(dim=1))), ("softmax-twice",)),
    "a missing softmax": Fault(_own_loss(functional.nll_loss), ("loss-below-zero",)),
    "a wrong loss": Fault(_own_loss(_regression), ("loss-without-sense",)),
    "a sum for a mean": Fault(_own_loss(nn.CrossEntropyLoss(reduction="sum")), ("loss-is-a-sum",)),
    "frozen layers": Fault(by_network(_frozen), ("frozen-first-weights",)),
    "a detached branch": Fault(by_network(between_halves(torch.detach)), ("no-gradient",)),
    "a gradient of wrong sign": Fault(
        by_network(between_halves(lambda maps: Scaled.apply(maps, -1.0))), ("wrong-gradient",)
    ),
    "a gradient of wrong scale": Fault(
        by_network(between_halves(lambda maps: Scaled.apply(maps, 0.1))), ("wrong-gradient",)
    ),
    "a backward that forgets the batch's mean": Fault(
        by_network(between_halves(OwnBatchNorm.apply)), ("wrong-gradient",)
    ),
    "a saturated sigmoid stack": Fault(_saturated, ("saturated-units", "vanishing-gradients")),
    "dropout 0.99": Fault(by_option(dropout=0.99), ("dropout-too-strong",)),
    "one class a batch": Fault(
        lambda plan, archive: changed(setup_of(plan, archive), sampler=Sorted()), ("one-class-batches",)
    ),
    "batch norm with batches of 1": Fault(_batches_of_one, ("batch-norm-of-one",)),
    "labels from one": Fault(
        by_labels(lambda labels, classes: labels % (classes - 1) + 1),
        ("labels-from-one",),
        ("digits", "photos", "stripes"),
    ),
    "labels past the last score": Fault(by_labels(lambda labels, _: labels + 1), ("label-without-score",)),
    "labels off by one against validation": Fault(
        by_labels(lambda labels, classes: (labels + 1) % classes), ("nothing-carries-over",), ("digits", "stripes")
    ),
    "exploding loss": Fault(_exploding, RATE_HIGH),
    "evaluation left in training mode": Fault(
        by_network(_stuck_norm), ("evaluation-changes-network", "random-evaluation", "batch-dependence")
    ),
    "scores that hang on the batch": Fault(by_network(between_halves(_tied_to_batch)), ("batch-dependence",)),
    "augmentation that destroys the label": Fault(
        _augmented, ("augmentation-destroys-classes",), ("digits", "colours")
    ),
    "validation pictures among the training ones": Fault(_leak, ("validation-in-training",)),
    "over-regularisation by a penalty": Fault(
        lambda plan, archive: changed(setup_of(plan, archive), penalties=Penalties(l2=10.0)), ("penalty-too-strong",)
    ),
    "over-regularisation by decay": Fault(
        by_setting(optimizer="adamw", weight_decay=200.0), ("weight-decay-too-strong",)
    ),
    "Adam's epsilon far too small": Fault(_epsilon, ("epsilon-too-small",)),
}
"""Each fault by its name."""

DEVELOPMENT = (Plan("lenet", "stripes"), Plan("mlp", "digits"), Plan("lenet", "colours"))
"""Families and pictures on which the rules were set; with seed 0."""
TOLD = (Plan("quick-cnn", "photos", options=SLIM), Plan("basic-cnn", "digits", side=32))
"""Families and pictures on which recall is told; with seeds 1 to 3."""
