"""What the objective asks for: right scores, as a mean over the batch, and no second softmax."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import one_hot

from sightline.core.findings import Finding
from sightline.training.batch import Batch, joined
from sightline.training.preflight.setup import Measured, Setup, scores_of, warning
from sightline.training.samplers import LABEL
from sightline.training.thresholds import threshold

SAMPLES = 32
LEADS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Of the true class over all others: with smoothed targets, the surest scores are not the best."""
NEAR = 1e-4


class FixedScores(nn.Module):
    """Stands in for a network: gives the scores that it was made with, whatever it is shown.

    Args:
        scores: (n, K).
    """

    def __init__(self, scores: torch.Tensor) -> None:
        super().__init__()
        self.scores = nn.Parameter(scores)

    def forward(self, _inputs: torch.Tensor) -> torch.Tensor:
        """Return the scores."""
        return self.scores


@dataclass(frozen=True)
class Costs:
    """What an objective takes for scores of which the answer is known, a mean over some samples each.

    Args:
        chance: All scores 0.
        right: The true class leads, by what costs least.
        wrong: Another class leads by as much.
        certain: Probabilities in the place of scores, 1 for the true class.
        twice: As `chance`, with every sample there twice.
    """

    chance: float
    right: float
    wrong: float
    certain: float
    twice: float


def costs_of(setup: Setup, classes: int) -> Costs:
    """Return what the set-up's objective takes for known scores of K classes."""
    batch = setup.batch(SAMPLES)
    truth = one_hot(batch.targets[LABEL], classes).float()
    zero = torch.zeros_like(truth)
    right, lead = min((cost(setup, batch, lead * truth), lead) for lead in LEADS)
    return Costs(
        chance=cost(setup, batch, zero),
        right=right,
        wrong=cost(setup, batch, lead * truth.roll(1, dims=1)),
        certain=cost(setup, batch, truth),
        twice=cost(setup, joined([batch, batch]), torch.cat((zero, zero))),
    )


def cost(setup: Setup, batch: Batch, scores: torch.Tensor) -> float:
    """Return what the objective takes for some scores, the mean over a batch."""
    with torch.no_grad():
        return float(setup.recipe.objective(FixedScores(scores), batch).values.mean())


def objective(setup: Setup) -> Measured:
    """Ask the objective about scores of which the answer is known."""
    with setup.copied() as network:
        scores = scores_of(network.eval(), setup.batch(SAMPLES).inputs)
    if scores is None or not setup.is_classification:
        return Measured("it is no classification")
    costs = costs_of(setup, scores.shape[1])
    findings = [*_sense(costs), *_sum(costs), *_softmax_twice(costs, scores)]
    line = f"right scores cost {costs.right:.3g}, none {costs.chance:.3g}, wrong ones {costs.wrong:.3g}"
    return Measured(line, vars(costs), tuple(findings))


def _sense(costs: Costs) -> list[Finding]:
    if costs.right < -NEAR:
        return [
            warning(
                "loss-below-zero",
                f"scores in which the true class leads cost {costs.right:.3g}: a loss below zero falls without end",
                "the loss asks for logarithms of probabilities, and is given scores: take the softmax's logarithm "
                "before it, or a loss that has it inside, such as cross-entropy",
            )
        ]
    if not costs.right < costs.chance < costs.wrong:
        return [
            warning(
                "loss-without-sense",
                f"right scores cost {costs.right:.3g}, no preference {costs.chance:.3g}, wrong scores "
                f"{costs.wrong:.3g}; they should cost more in this order",
                "take a loss of classes and their scores: loss=cross-entropy",
            )
        ]
    return []


def _sum(costs: Costs) -> list[Finding]:
    rise = (costs.twice - costs.chance) / abs(costs.chance) if costs.chance else 0.0
    if rise <= threshold("loss-as-sum"):
        return []
    return [
        warning(
            "loss-is-a-sum",
            f"the same samples twice cost {costs.twice:.3g}, once {costs.chance:.3g}: the loss is a sum over the "
            "batch, so steps grow with it",
            "take the mean over the samples (reduction='mean'), or give a loss a sample",
        )
    ]


def _softmax_twice(costs: Costs, scores: torch.Tensor) -> list[Finding]:
    are_shares = bool((scores >= 0).all()) and bool(((scores.sum(dim=1) - 1).abs() < NEAR).all())
    left = (costs.certain - costs.right) / max(costs.chance - costs.right, NEAR)
    if not are_shares or left < threshold("softmax-left"):
        return []
    return [
        warning(
            "softmax-twice",
            "the network's scores are probabilities already, and the loss takes their softmax once more: even a "
            f"certain right answer costs {costs.certain:.3g}",
            "leave the softmax at the network's end out",
        )
    ]
