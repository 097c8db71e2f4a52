"""Whether a few samples are learnt by heart, and whether what was learnt comes from the pictures."""

from dataclasses import dataclass

import torch
from torch import nn

from sightline.core.findings import Finding
from sightline.training.batch import Batch
from sightline.training.preflight.objective import costs_of
from sightline.training.preflight.setup import Measured, Setup, learner_of, scores_of, warning
from sightline.training.preflight.steps import DROPOUT
from sightline.training.thresholds import threshold

SAMPLES, STEPS = 20, 100
RATES = (1e-3, 1e-2, 1e-4)
"""Of Adam; the second and third are tried where the one before does not do."""
LEARNT = 0.1
"""Share of what chance costs, at which the samples count as learnt."""


@dataclass(frozen=True)
class ByHeart:
    """What came of learning some samples by heart.

    Args:
        loss: At the end, on these samples, in training mode without dropout.
        black: The same for black pictures in their place, in evaluation.
        evaluated: The same in evaluation.
        steps: How many it took, of all tries.
        rate: Of the try that came farthest.
    """

    loss: float
    black: float
    evaluated: float
    steps: int
    rate: float


def learning_by_heart(setup: Setup) -> Measured:
    """Let the network learn 20 samples for 100 steps of Adam, without anything that hinders it.

    Reference:
        Karpathy, "A recipe for training neural networks" (2019), "overfit one batch", "input-independent baseline".
        https://karpathy.github.io/2019/04/25/recipe/
    """
    with setup.copied() as network:
        scores = scores_of(network.eval(), setup.batch(2).inputs)
    if scores is None or not setup.is_classification:
        return Measured("it is no classification")
    costs = costs_of(setup, scores.shape[1])
    span = costs.chance - costs.right
    tries: list[ByHeart] = []
    for rate in RATES:
        tries.append(_try(setup, rate, enough=costs.right + LEARNT * span))
        if tries[-1].loss <= costs.right + threshold("learnt-by-heart") * span:
            break
    best = min(tries, key=lambda each: each.loss)
    took = sum(each.steps for each in tries)
    line = f"{SAMPLES} samples: the loss fell from {costs.chance:.3g} to {best.loss:.3g} in {best.steps} steps"
    figures = {**vars(best), "steps": took, "chance": costs.chance}
    return Measured(line, figures, tuple(_findings(best, floor=costs.right, span=span)))


def _try(setup: Setup, rate: float, *, enough: float) -> ByHeart:
    batch = setup.batch(SAMPLES)
    with setup.copied() as network:
        for layer in network.modules():
            if isinstance(layer, DROPOUT):
                layer.p = 0.0
        learner = learner_of(network.train(), setup.plain(rate=rate, optimizer="adam", batch_size=SAMPLES))
        loss, steps = float("inf"), 0
        while steps < STEPS and loss > enough:
            losses, _ = learner.gradients(batch)
            loss = min(loss, float(losses.values.mean().nan_to_num(nan=float("inf"))))
            learner.step()
            steps += 1
        network.eval()
        black = _cost(setup, network, batch.with_inputs(torch.zeros_like(batch.inputs)))
        return ByHeart(loss, black, _cost(setup, network, batch), steps, rate)


def _cost(setup: Setup, network: nn.Module, batch: Batch) -> float:
    with torch.no_grad():
        return float(setup.recipe.objective(network, batch).values.mean())


def _findings(best: ByHeart, *, floor: float, span: float) -> list[Finding]:
    share = (best.loss - floor) / span if span > 0 else 0.0
    if not share > threshold("learnt-by-heart"):
        return []
    ignores = best.black <= threshold("black-pictures") * best.evaluated and best.black >= best.evaluated / 1.05
    if ignores:
        return [
            warning(
                "input-ignored",
                f"after {STEPS} steps on {SAMPLES} samples, black pictures cost {best.black:.3g}, the pictures "
                f"themselves {best.evaluated:.3g}: the scores do not depend on the picture",
                "look for what cuts the pictures off from the scores: a product with zero, a detach, dead units",
            )
        ]
    return [
        warning(
            "not-learnt-by-heart",
            f"{STEPS} steps of Adam on {SAMPLES} samples alone left the loss at {best.loss:.3g}, {share:.0%} of what "
            "chance costs; near 0 was expected",
            "mend the network or the loss first: more pictures or epochs can't help",
        )
    ]
