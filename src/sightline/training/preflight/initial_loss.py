"""The first loss, before any step: about what chance costs, and more by the penalties where there are some."""

import math
from dataclasses import replace

import torch
from torch import nn

from sightline.core.findings import Finding, Severity
from sightline.training.losses import is_matrix
from sightline.training.preflight.objective import costs_of
from sightline.training.preflight.setup import Measured, Setup, learner_of, scores_of, warning
from sightline.training.recipe import Recipe
from sightline.training.thresholds import threshold

SAMPLES = 64


def initial_loss(setup: Setup) -> Measured:
    """Compare the first loss with what scores of zero cost: ``log K`` for softmax, ``K - 1`` for a hinge of margin 1.

    Reference:
        Karpathy, "CS231n: neural networks, part 3" (2015), "Sanity checks".
        https://cs231n.github.io/neural-networks-3/
    """
    batch = setup.batch(SAMPLES)
    with setup.copied() as network:
        learner = learner_of(network.train(), _whole(setup.recipe))
        losses, tally = learner.gradients(batch)
        scores = scores_of(network.eval(), batch.inputs)
        loss = float(losses.values.mean())
        weighed = _weighed(network, setup.recipe)
        counted = tally.mean("l1_penalty") + tally.mean("l2_penalty")
        share = _penalty_share(setup, network)
    if not math.isfinite(loss):
        return Measured(f"the first loss is {loss}", {"loss": loss}, (_not_finite(loss),))
    findings = [*_penalties(counted, weighed, share)]
    if scores is None or not setup.is_classification:
        return Measured(f"the first loss is {loss:.3g}", {"loss": loss, "penalty": counted}, tuple(findings))
    chance = costs_of(setup, scores.shape[1]).chance
    line = f"the first loss is {loss:.3g}; chance costs {chance:.3g}" + (f", penalties {counted:.3g}" * bool(counted))
    figures = {"loss": loss, "chance": chance, "penalty": counted}
    return Measured(line, figures, (*_high(chance, loss), *(_low(chance, loss) if setup.is_new else ()), *findings))


def _whole(recipe: Recipe) -> Recipe:
    """Return the recipe with all samples of the check in one step."""
    return replace(recipe, steps=replace(recipe.steps, batch_size=SAMPLES))


def _not_finite(loss: float) -> Finding:
    return Finding(
        "initial-loss-not-finite",
        Severity.ERROR,
        f"the loss is {loss} before any step",
        "look for a division by zero, a logarithm of zero, or first weights that are far too large",
    )


def _high(chance: float, loss: float) -> list[Finding]:
    if loss <= threshold("initial-loss-high") * chance:
        return []
    return [
        warning(
            "initial-loss-high",
            f"the first loss is {loss:.3g}, {loss / chance:.2g} times the {chance:.3g} that chance costs: the "
            "network begins sure of wrong answers",
            "take smaller first weights (initialisation=he), and pictures that are centred and scaled",
        )
    ]


def _low(chance: float, loss: float) -> list[Finding]:
    if loss >= threshold("initial-loss-low") * chance:
        return []
    return [
        warning(
            "initial-loss-low",
            f"the first loss is {loss:.3g}, far below the {chance:.3g} that chance costs",
            "unless the network has learnt these classes before, the loss is another one than it seems, or the "
            "pictures tell the label",
        )
    ]


def _weighed(network: nn.Module, recipe: Recipe) -> float:
    """Return what the penalties should be, added up weight by weight."""
    matrices = [
        weight.detach().double() for weight in network.parameters() if is_matrix(weight) and weight.requires_grad
    ]
    l1, l2 = recipe.penalties.l1, recipe.penalties.l2
    return float(sum(l1 * weight.abs().sum() + l2 * weight.square().sum() for weight in matrices))


def _penalty_share(setup: Setup, network: nn.Module) -> float:
    """Return how long the penalties' gradient is, in lengths of the loss's; 0 where there are none."""
    recipe = setup.recipe
    if not (recipe.penalties.l1 or recipe.penalties.l2):
        return 0.0
    learner = learner_of(network.train(), setup.plain(rate=recipe.learning_rate))
    learner.gradients(setup.batch(SAMPLES))
    own = _length([weight.grad for weight in network.parameters() if weight.grad is not None])
    network.zero_grad()
    l1, l2 = recipe.penalties.of(network)
    (l1 + l2).backward()  # type: ignore[no-untyped-call]
    return _length([weight.grad for weight in network.parameters() if weight.grad is not None]) / max(own, 1e-12)


def _length(gradients: list[torch.Tensor]) -> float:
    return math.sqrt(sum(float(gradient.square().sum()) for gradient in gradients))


def _penalties(counted: float, weighed: float, share: float) -> list[Finding]:
    findings = []
    if abs(counted - weighed) > threshold("penalty-rise") * max(weighed, 1e-12):
        findings.append(
            warning(
                "penalty-not-as-stated",
                f"the penalties raise the first loss by {counted:.3g}; the weights' sums say {weighed:.3g}",
                "look for weights that are penalised twice or not at all",
            )
        )
    if share > threshold("penalty-share"):
        findings.append(
            warning(
                "penalty-too-strong",
                f"the penalties' gradient is {share:.2g} times as long as that of the loss: the steps make weights "
                "small, and little else",
                "take far weaker penalties: l2=0.0001, or none",
            )
        )
    return findings
