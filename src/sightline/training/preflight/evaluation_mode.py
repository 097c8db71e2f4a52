"""What evaluation promises: the same picture gets the same scores, alone or among others, and nothing changes."""

import torch
from torch import nn

from sightline.core.findings import Finding
from sightline.training.preflight.setup import Measured, Setup, scores_of, warning
from sightline.training.thresholds import threshold

SAMPLES = 8


def evaluation_mode(setup: Setup) -> Measured:
    """Ask a network in evaluation twice, about some samples together and about each alone."""
    inputs = setup.batch(SAMPLES).inputs
    with setup.copied() as network:
        network.eval()
        before = {name: value.clone() for name, value in network.named_buffers()}
        first, second = scores_of(network, inputs), scores_of(network, inputs)
        changed = [name for name, value in network.named_buffers() if not torch.equal(value, before[name])]
        if first is None or second is None:
            return Measured("the network gives no scores", {"changed": changed}, tuple(_changes(changed)))
        again, alone = _difference(first, second), _alone(network, inputs, first)
    findings = [*_changes(changed), *_random(again), *_dependence(alone if not again else 0.0)]
    line = f"asked again, scores differ by {again:.1g} of the largest; alone instead of among others, by {alone:.1g}"
    return Measured(line, {"again": again, "alone": alone, "changed": changed}, tuple(findings))


def _alone(network: nn.Module, inputs: torch.Tensor, together: torch.Tensor) -> float:
    """Return by how much scores differ where each sample is asked about by itself; 1 where that fails."""
    try:
        alone = [scores_of(network, inputs[place : place + 1]) for place in range(len(inputs))]
    except (RuntimeError, ValueError):  # batch normalisation in training mode refuses a lone sample
        return 1.0
    return _difference(together, torch.cat([scores for scores in alone if scores is not None]))


def _difference(first: torch.Tensor, second: torch.Tensor) -> float:
    return float((first - second).abs().max() / first.abs().max().clamp(min=1e-12))


def _changes(names: list[str]) -> list[Finding]:
    return [
        warning(
            "evaluation-changes-network",
            f"{len(names)} arrays of the network change while it is evaluated, such as {names[0]}",
            "let batch normalisation follow eval(): nothing may set training mode or learn running statistics there",
            tuple(names),
        )
        for _ in names[:1]
    ]


def _random(again: float) -> list[Finding]:
    if again <= threshold("batch-independence"):
        return []
    return [
        warning(
            "random-evaluation",
            f"the same samples, asked twice in evaluation, get scores that differ by {again:.0%} of the largest",
            "let dropout follow eval(): functional.dropout needs training=self.training",
        )
    ]


def _dependence(alone: float) -> list[Finding]:
    if alone <= threshold("batch-independence"):
        return []
    return [
        warning(
            "batch-dependence",
            f"in evaluation, a sample's scores differ by {alone:.0%} of the largest when it is asked about alone",
            "normalise over each sample or by running statistics, never over the batch, in evaluation",
        )
    ]
