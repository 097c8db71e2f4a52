"""First weights that can learn: unlike each other, reached by a gradient, not frozen before they learnt anything."""

import math

import torch
from torch import nn

from sightline.core.findings import Finding
from sightline.core.text import listed
from sightline.training.preflight.inputs import WEIGHTED
from sightline.training.preflight.setup import Measured, Setup, learner_of, warning
from sightline.training.thresholds import threshold

SAMPLES, STEPS, MOST_STEPS, RATE = 16, 3, 12, 0.01
SHOWN = 5
LEAST_NUMBERS = 64
"""Of a weight that is looked at for the way in which it was drawn."""


def first_weights(setup: Setup) -> Measured:
    """Look at the weights, and let some steps show which of them a gradient reaches.

    A last layer that begins with zeros is sound: after one step the layers before it have their gradients.

    Reference:
        Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010);
        Rumelhart, Hinton and Williams, "Learning internal representations by error propagation" (1986),
        "Symmetry breaking".
    """
    matrices = {name: weight.detach() for name, weight in setup.network.named_parameters() if _is_matrix(weight)}
    learning = {
        name for name, weight in setup.network.named_parameters() if _is_matrix(weight) and weight.requires_grad
    }
    unreached = _unreached(setup, learning)
    zero = [name for name in unreached if not matrices[name].any()]
    constant = [name for name in learning if matrices[name].any() and _is_constant(matrices[name])]
    frozen = [name for name in matrices if name not in learning] if setup.is_new else []
    fresh = [name for name in frozen if _is_fresh(setup.network, name, matrices[name])]
    findings = [
        *_zeros(zero),
        *_constant(sorted(constant)),
        *_no_gradient([name for name in unreached if name not in zero]),
        *_frozen(fresh),
    ]
    line = f"a gradient reaches {len(learning) - len(unreached)} of {len(learning)} weights that learn"
    return Measured(line, {"learning": len(learning), "unreached": unreached, "frozen": fresh}, tuple(findings))


def _is_matrix(weight: torch.Tensor) -> bool:
    """Return whether a parameter has several rows of several numbers: one row a unit."""
    return weight.ndim > 1 and len(weight) > 1 and weight[0].numel() > 1


def _is_constant(weight: torch.Tensor) -> bool:
    return bool((weight == weight.flatten()[0]).all())


def _unreached(setup: Setup, learning: set[str]) -> list[str]:
    """Return the weights that no gradient reaches in some steps."""
    with setup.copied() as network:
        learner = learner_of(network.train(), setup.plain(rate=RATE, optimizer="sgd", batch_size=SAMPLES))
        left, batch = set(learning), setup.batch(SAMPLES)
        for step in range(MOST_STEPS):
            if step >= STEPS and not left:
                break
            learner.gradients(batch)
            grads = {name: weight.grad for name, weight in network.named_parameters()}
            left = {name for name in left if (grad := grads[name]) is None or not grad.any()}
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            learner.step()
    return sorted(left)


def _is_fresh(network: nn.Module, name: str, weight: torch.Tensor) -> bool:
    """Return whether a weight is like usual first weights in mean, deviation and length of its rows: nothing is learnt.

    Reference:
        Glorot and Bengio (2010); He et al., "Delving deep into rectifiers" (2015). https://arxiv.org/abs/1502.01852
    """
    layer = network.get_submodule(name.rpartition(".")[0])
    if not isinstance(layer, WEIGHTED) or weight.numel() < LEAST_NUMBERS:
        return False
    fan_in = weight[0].numel()
    fan_out = weight.numel() // weight.shape[1]
    deviation, error = float(weight.double().std()), 1 / math.sqrt(weight.numel())
    usual = (
        math.sqrt(1 / (3 * fan_in)),
        math.sqrt(1 / fan_in),
        math.sqrt(2 / fan_in),
        math.sqrt(2 / (fan_in + fan_out)),
    )
    near = max(threshold("fresh-weights"), 2 * error)
    is_centred = abs(float(weight.double().mean())) < 4 * deviation * error
    squares = weight.double().flatten(1).square().mean(dim=1)
    are_alike = float(squares.std() / squares.mean()) < 2 * math.sqrt(2 / fan_in)
    return is_centred and are_alike and any(abs(deviation / each - 1) < near for each in usual)


def _zeros(names: list[str]) -> list[Finding]:
    return [
        warning(
            "zero-weights",
            f"{listed(names, SHOWN)} begin at zero, and no gradient reaches them: all units of a layer stay alike",
            "take first weights that differ: initialisation=he",
            tuple(names),
        )
    ] * bool(names)


def _constant(names: list[str]) -> list[Finding]:
    return [
        warning(
            "constant-weights",
            f"{listed(names, SHOWN)} begin with one value throughout: the units of the layer begin as one",
            "take first weights that differ: initialisation=he",
            tuple(names),
        )
    ] * bool(names)


def _no_gradient(names: list[str]) -> list[Finding]:
    return [
        warning(
            "no-gradient",
            f"no gradient reaches {listed(names, SHOWN)} in {MOST_STEPS} steps: what stands there never learns",
            "look for detach(), no_grad(), rounding or a layer that is never called between there and the loss",
            tuple(names),
        )
    ] * bool(names)


def _frozen(names: list[str]) -> list[Finding]:
    return [
        warning(
            "frozen-first-weights",
            f"{listed(names, SHOWN)} are frozen, and still look as first weights are drawn: they have learnt nothing "
            "and never will",
            "let them learn (requires_grad=True), or load the weights that were meant",
            tuple(names),
        )
    ] * bool(names)
