"""Every check of the pre-flight by its name, in the order in which they are made, and what each costs."""

from collections.abc import Callable
from dataclasses import dataclass

from sightline.training.preflight import gradient_check as slopes
from sightline.training.preflight import learning_by_heart as heart
from sightline.training.preflight import rate_range as climbs
from sightline.training.preflight.altered_samples import altered_samples
from sightline.training.preflight.batches import batches
from sightline.training.preflight.evaluation_mode import evaluation_mode
from sightline.training.preflight.first_weights import first_weights
from sightline.training.preflight.gradient_check import gradient_check
from sightline.training.preflight.initial_loss import initial_loss
from sightline.training.preflight.inputs import inputs
from sightline.training.preflight.labels import labels
from sightline.training.preflight.learning_by_heart import learning_by_heart
from sightline.training.preflight.objective import objective
from sightline.training.preflight.rate_range import rate_range
from sightline.training.preflight.setup import Check, Setup
from sightline.training.preflight.shared_samples import shared_samples
from sightline.training.preflight.signals import signals
from sightline.training.preflight.steps import steps


@dataclass(frozen=True)
class CheckEntry:
    """A check of the pre-flight.

    Args:
        check: From a set-up to what was seen.
        question: What it asks, in one line.
        cost: What it costs, in samples that are learnt from once.
    """

    check: Check
    question: str
    cost: Callable[[Setup], float]


def _gradient_cost(setup: Setup) -> float:
    tensors = min(slopes.MOST_TENSORS, sum(1 for _ in setup.network.parameters()))
    return 2 * tensors * slopes.SAMPLES  # three looks, a third of a pass each, in twice the bits


def _climb_cost(setup: Setup) -> float:
    if not setup.is_new:
        return 0.0
    recipe, count = setup.recipe, len(setup.parts.training)
    size = count if recipe.optimizer.full_batch else min(recipe.steps.batch_size, count)
    steps = climbs.BEGIN_STEPS + climbs.ORDERS * climbs.STEPS * 4 / 3  # a network without steps looks at each batch too
    return steps * min(size, climbs.MOST_AT_ONCE)


CHECKS: dict[str, CheckEntry] = {
    "inputs": CheckEntry(inputs, "does the first layer read values that it can use?", lambda _: 20),
    "labels": CheckEntry(labels, "is there a score for every label?", lambda _: 5),
    "batches": CheckEntry(batches, "are there several samples and classes in a step?", lambda _: 1),
    "shared-samples": CheckEntry(shared_samples, "is the validation part new?", lambda _: 20),
    "steps": CheckEntry(steps, "are weight decay, epsilon and dropout of a usual size?", lambda _: 1),
    "objective": CheckEntry(objective, "does the loss ask for what is right?", lambda _: 20),
    "initial-loss": CheckEntry(initial_loss, "does the loss begin at what chance costs?", lambda _: 120),
    "evaluation-mode": CheckEntry(evaluation_mode, "does evaluation judge each picture by itself?", lambda _: 10),
    "first-weights": CheckEntry(first_weights, "can all weights learn?", lambda _: 60),
    "signals": CheckEntry(signals, "do signals pass all layers, forth and back?", lambda _: 40),
    "altered-samples": CheckEntry(altered_samples, "does augmentation leave the classes?", lambda _: 200),
    "gradient-check": CheckEntry(gradient_check, "are the gradients those of the loss?", _gradient_cost),
    "by-heart": CheckEntry(learning_by_heart, "are 20 samples learnt by heart?", lambda _: heart.SAMPLES * heart.STEPS),
    "rate-range": CheckEntry(rate_range, "at which learning rates does it learn?", _climb_cost),
}
"""Each check by its name."""
