"""The learning-rate range test: the rate climbs from step to step, in three orders of batches, on fresh copies."""

import math
from dataclasses import dataclass, replace
from itertools import cycle, islice
from statistics import median

import torch

from sightline.core.findings import Finding
from sightline.core.seeding import derived_seed
from sightline.training.feeding import batch_of
from sightline.training.preflight.setup import Measured, Setup, learner_of, warning
from sightline.training.thresholds import threshold

ORDERS, STEPS = 3, 60
DECADES_BELOW, DECADES_ABOVE = 4, 2
"""Of the optimizer's own rate: where the climb begins and ends."""
STILL_STEPS = 10
"""Of the beginning."""
LEAST_FALL = 0.05
"""Share of the first loss that a climb must take away, to say anything."""
SMOOTHING = 0.85
"""Share of the running mean that a step keeps."""


@dataclass(frozen=True)
class Curve:
    """One climb.

    Args:
        rates: (T,) of the steps.
        losses: (T,) running means of the losses before each step; the climb ends early where they explode.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]

    @property
    def start(self) -> float:
        """The loss before anything is learnt: the middle one of the first steps, whose rates are far too low."""
        return float(median(self.losses[:STILL_STEPS]))

    @property
    def falls(self) -> bool:
        """Whether it learns at any rate, clearly more than the loss jumps at rates that are far too low."""
        still = self.losses[:STILL_STEPS]
        fall = self.start - self.losses[self.lowest]
        return fall > max(LEAST_FALL * self.start, max(still) - min(still))

    @property
    def lowest(self) -> int:
        """The step of the least loss."""
        return min(range(len(self.losses)), key=lambda place: self.losses[place])

    @property
    def works_from(self) -> float:
        """The rate at which a fifth of the fall is done."""
        start, low = self.start, self.losses[self.lowest]
        course = zip(self.rates, self.losses, strict=True)
        return next(rate for rate, loss in course if loss <= start - (start - low) / 5)

    @property
    def explodes_at(self) -> float:
        """The rate at which the loss has come back to where it began; that of the last step if it never does."""
        after = zip(self.rates[self.lowest :], self.losses[self.lowest :], strict=True)
        return next((rate for rate, loss in after if loss >= self.start), self.rates[-1])


@dataclass(frozen=True)
class RateRange:
    """What the climbs say together.

    Args:
        curves: One an order of batches.
        own: The rate of the recipe.
    """

    curves: tuple[Curve, ...]
    own: float

    @property
    def interval(self) -> tuple[float, float]:
        """Where it works in every order: from the highest beginning to the lowest explosion."""
        return max(curve.works_from for curve in self.curves), min(curve.explodes_at for curve in self.curves)

    @property
    def agrees(self) -> bool:
        """Whether the orders' explosions lie near each other, and behind the rates that work."""
        ends = [curve.explodes_at for curve in self.curves]
        low, high = self.interval
        all_fall = all(curve.falls for curve in self.curves)
        return all_fall and max(ends) <= threshold("rate-spread") * min(ends) and low < high

    @property
    def suggestion(self) -> float | None:
        """Below the rate at which the loss is least, as the middle order has it; None if they disagree."""
        if not self.agrees:
            return None
        lowest = sorted(curve.rates[curve.lowest] for curve in self.curves)[len(self.curves) // 2]
        return rounded(lowest / BACK)


BACK = 4.0
"""A whole training stands less than a step or two: so many times below the rate of the least loss."""


def rounded(rate: float) -> float:
    """Return a rate with two digits.

    Example:
        >>> rounded(0.0123456)
        0.012
    """
    return float(f"{rate:.2g}")


def rate_range(setup: Setup) -> Measured:
    """Let the rate climb from far too low to far too high, three times, and say where it works.

    Reference:
        Smith, "Cyclical learning rates for training neural networks" (2017), section 3.3.
        https://arxiv.org/abs/1506.01186
    """
    measured = measured_range(setup)
    low, high = measured.interval
    suggestion = measured.suggestion
    ends = ", ".join(f"{curve.explodes_at:.2g}" for curve in measured.curves)
    line = (
        f"it learns at rates from {low:.2g} to {high:.2g}; suggested: {suggestion:g}"
        if suggestion
        else f"three orders of batches disagree: the loss comes back to where it began at {ends}"
    )
    figures = {
        "low": low,
        "high": high,
        "suggestion": suggestion,
        "own": measured.own,
        "curves": [{"rates": curve.rates, "losses": curve.losses} for curve in measured.curves],
    }
    return Measured(line, figures, tuple(_findings(measured)))


def measured_range(setup: Setup) -> RateRange:
    """Return the climbs of the set-up's own optimizer, batches, penalties and altered samples."""
    return RateRange(tuple(_climb(setup, order) for order in range(ORDERS)), setup.recipe.learning_rate)


def _climb(setup: Setup, order: int) -> Curve:
    recipe, training = setup.recipe, setup.parts.training
    own = recipe.optimizer.learning_rate
    low, high = own / 10**DECADES_BELOW, own * 10**DECADES_ABOVE
    climbing = replace(
        recipe,
        steps=replace(recipe.steps, learning_rate=high, ema_decay=0.0),
        schedule=lambda progress: (low / high) ** (1 - progress),
        seconds=0.0,
    )
    seed = derived_seed(recipe.seed, "preflight", "order", order)
    augmenting = torch.Generator().manual_seed(seed)
    rates, losses, mean = [], [], 0.0
    with setup.copied() as network:
        learner = learner_of(network, climbing)
        learner.set_modes()
        for step, rows in enumerate(islice(cycle(recipe.sampler.batches(training, seed=seed)), STEPS)):
            batch = batch_of(training, rows, recipe=recipe, progress=1.0, augmenting=augmenting)
            rate = learner.go_to(step / (STEPS - 1))
            loss = float(learner.gradients(batch)[0].values.mean())
            mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
            rates.append(rate)
            losses.append(mean / (1 - SMOOTHING ** (step + 1)))
            if not math.isfinite(loss) or losses[-1] > EXPLODED * losses[0]:
                break
            learner.step()
    return Curve(tuple(rates), tuple(loss if math.isfinite(loss) else math.inf for loss in losses))


EXPLODED = 4.0
"""Times the first loss, past which a climb ends."""


def _findings(measured: RateRange) -> list[Finding]:
    if not all(curve.falls for curve in measured.curves):
        return []
    low = min(curve.works_from for curve in measured.curves)
    high = max(curve.explodes_at for curve in measured.curves)
    if measured.own > threshold("rate-too-high") * high:
        return [
            warning(
                "rate-too-high",
                f"the learning rate is {measured.own:g}; the loss explodes at {high:.2g} in every order of batches",
                _advice(measured),
            )
        ]
    if measured.own < threshold("rate-too-low") * low:
        return [
            warning(
                "rate-too-low",
                f"the learning rate is {measured.own:g}; nothing is learnt in some steps below {low:.2g}",
                _advice(measured),
            )
        ]
    return []


def _advice(measured: RateRange) -> str:
    named = measured.suggestion
    return f"take learning_rate={named:g}" if named else "leave the learning rate to the recipe"
