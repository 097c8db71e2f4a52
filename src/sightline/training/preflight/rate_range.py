"""The learning-rate range test: the rate climbs from step to step, in three orders of batches, on fresh copies."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle, islice
from statistics import mean

import torch

from sightline.core.findings import Finding
from sightline.core.seeding import derived_seed
from sightline.training.batch import Batch
from sightline.training.feeding import batch_of
from sightline.training.preflight.setup import Measured, Setup, learner_of, warning
from sightline.training.recipe import Recipe
from sightline.training.thresholds import threshold

ORDERS, STEPS = 3, 80
DECADES_BELOW, DECADES_ABOVE = 2, 2
"""Of the optimizer's own rate: where the climb begins and ends."""
MOST_AT_ONCE = 512
"""Samples of a step: more are cut off, so that a climb of full-batch descent costs no whole training."""
BEGUN, BEGIN_STEPS, BEGIN_RATE = 0.1, 300, 1e-3
"""Share of the first loss that is learnt before the climbs, in at most so many steps of Adam at this rate."""
SMOOTHING = 0.8
"""Share of the running mean that a step keeps."""
EXPLODED = 4.0
"""Times the first loss, past which a climb ends."""


@dataclass(frozen=True)
class Curve:
    """One climb.

    A step's loss is compared with that of the network at the beginning of the climb on the same batch, with the same
    dropout: what is easy or hard about a batch is in both, so that the curve is flat until something is learnt.

    Args:
        start: The mean loss of the network at the beginning of the climb.
        rates: (T,) of the steps.
        losses: (T,) before each step: `start` times the ratio of the running means of both losses. The climb ends early
            where it explodes.
    """

    start: float
    rates: tuple[float, ...]
    losses: tuple[float, ...]

    @property
    def falls(self) -> bool:
        """Whether it clearly learns at any rate."""
        return self.start - self.losses[self.lowest] > threshold("rate-fall") * self.start

    @property
    def lowest(self) -> int:
        """The step of the least loss."""
        return min(range(len(self.losses)), key=lambda place: self.losses[place])

    @property
    def works_from(self) -> float:
        """The rate at which a fifth of the fall is done."""
        return self._fallen_by(0.2)

    @property
    def works_best_at(self) -> float:
        """The rate at which nine tenths of the fall are done: what is easy to learn goes on falling for long."""
        return self._fallen_by(0.9)

    @property
    def explodes_at(self) -> float:
        """The rate at which the loss is clearly above where it began; that of the last step if it never is."""
        after = zip(self.rates[self.lowest :], self.losses[self.lowest :], strict=True)
        return next((rate for rate, loss in after if loss >= self._most), self.rates[-1])

    @property
    def bears_all(self) -> bool:
        """Whether the loss is at no rate clearly above where it began."""
        return max(self.losses[self.lowest :]) < self._most

    @property
    def _most(self) -> float:
        return (1 + threshold("rate-rise")) * self.start

    def _fallen_by(self, share: float) -> float:
        """Return the rate at which a share of the fall is done."""
        wanted = self.start - share * (self.start - self.losses[self.lowest])
        return next(
            (rate for rate, loss in zip(self.rates, self.losses, strict=True) if loss <= wanted), self.rates[-1]
        )


@dataclass(frozen=True)
class RateRange:
    """What the climbs say together.

    Args:
        curves: One an order of batches.
        own: The rate of the recipe.
        reach: How many times the rate at which the climbs explode is best for a whole training.
    """

    curves: tuple[Curve, ...]
    own: float
    reach: float

    @property
    def interval(self) -> tuple[float, float]:
        """Where it works in every order: from the highest beginning to the lowest explosion."""
        return max(curve.works_from for curve in self.curves), min(curve.explodes_at for curve in self.curves)

    @property
    def doubt(self) -> str:
        """Why nothing is suggested, in words; empty where the orders agree."""
        ends, (low, high) = [curve.explodes_at for curve in self.curves], self.interval
        if not all(curve.falls for curve in self.curves):
            return f"in {STEPS} steps the loss does not fall clearly in each of three orders of batches"
        if low >= high or max(ends) > threshold("rate-spread") * min(ends):
            where = ", ".join(f"{end:.2g}" for end in ends)
            return f"three orders of batches disagree: the loss is clearly above where it began from {where} on"
        return ""

    @property
    def suggestion(self) -> float | None:
        """So many times the rate at which it explodes, by all orders together; None in doubt.

        Where it bears all rates, the one at which it works best in the climbs.
        """
        if self.doubt:
            return None
        together = self.together
        return rounded(together.works_best_at if together.bears_all else self.reach * together.explodes_at)

    @property
    def together(self) -> Curve:
        """The mean of all orders, as far as all of them go."""
        losses = zip(*(curve.losses for curve in self.curves), strict=False)
        means = tuple(mean(some) for some in losses)
        return Curve(mean(curve.start for curve in self.curves), self.curves[0].rates[: len(means)], means)


def rounded(rate: float) -> float:
    """Return a rate with two digits.

    Example:
        >>> rounded(0.0123456)
        0.012
    """
    return float(f"{rate:.2g}")


def rate_range(setup: Setup) -> Measured:
    """Let the rate climb from far too low to far too high, three times, and say where it works.

    Other than in the paper, the network has begun to learn before, and losses are compared batch by batch.

    Reference:
        Smith, "Cyclical learning rates for training neural networks" (2017), section 3.3.
        https://arxiv.org/abs/1506.01186
    """
    if not setup.is_new:
        return Measured("the rates of a network that has learnt before are its recipe's")
    measured = measured_range(setup)
    low, high = measured.interval
    suggestion = measured.suggestion
    line = measured.doubt or f"it learns at rates from {low:.2g} to {high:.2g}; suggested: {suggestion:g}"
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
    begun = _begun(setup)
    recipe = setup.recipe
    curves = tuple(_climb(begun, order) for order in range(ORDERS))
    return RateRange(curves, recipe.learning_rate, recipe.optimizer.reach)


def _begun(setup: Setup) -> Setup:
    """Return the set-up with a network that has begun to learn.

    A deep network without normalisation stands still for its first hundred steps, at whatever rate: a climb from there
    would end before it said anything.
    """
    recipe = setup.plain(rate=BEGIN_RATE, optimizer="adam", batch_size=setup.recipe.steps.batch_size)
    running, losses = 0.0, list[float]()
    with setup.copied() as network:
        learner = learner_of(network, recipe)
        learner.set_modes()
        for step, batch in enumerate(_batches(setup, ORDERS, steps=BEGIN_STEPS)):
            running = _followed(running, float(learner.gradients(batch)[0].values.mean()))
            losses.append(running / (1 - SMOOTHING ** (step + 1)))
            if not losses[-1] > (1 - BEGUN) * losses[0]:
                break
            learner.step()
    has_begun = bool(losses) and losses[-1] < losses[0]
    return replace(setup, network=network) if has_begun else setup


def _climb(setup: Setup, order: int) -> Curve:
    recipe = _climbing(setup)
    untouched = _untouched_losses(setup, recipe, order)
    start, running, beside = mean(untouched), 0.0, 0.0
    rates, losses = [], []
    with setup.copied() as network:
        learner = learner_of(network, recipe)
        learner.set_modes()
        for step, batch in enumerate(_batches(setup, order)):
            rates.append(learner.go_to(step / (STEPS - 1)))
            loss = float(learner.gradients(batch)[0].values.mean())
            running, beside = _followed(running, loss), _followed(beside, untouched[step])
            losses.append(start * running / beside if math.isfinite(loss) and beside else math.inf)
            if not losses[-1] <= EXPLODED * start:
                break
            learner.step()
    return Curve(start, tuple(rates), tuple(losses))


def _followed(running: float, value: float) -> float:
    """Return a running mean after one more value."""
    return SMOOTHING * running + (1 - SMOOTHING) * value


def _climbing(setup: Setup) -> Recipe:
    """Return the recipe at a rate that climbs by the same factor in every step."""
    recipe, own = setup.recipe, setup.recipe.optimizer.learning_rate
    low, high = own / 10**DECADES_BELOW, own * 10**DECADES_ABOVE
    return replace(
        recipe,
        steps=replace(recipe.steps, learning_rate=high, ema_decay=0.0),
        schedule=lambda progress: (low / high) ** (1 - progress),
        seconds=0.0,
    )


def _untouched_losses(setup: Setup, recipe: Recipe, order: int) -> list[float]:
    """Return what each step's batch costs a network that takes no step."""
    with setup.copied() as network, torch.no_grad():
        learner = learner_of(network, recipe)
        learner.set_modes()
        return [float(learner.losses_of(batch).values.mean()) for batch in _batches(setup, order)]


def _batches(setup: Setup, order: int, *, steps: int = STEPS) -> Iterator[Batch]:
    """Yield the batches of a climb, always the same, each when all that a network draws for it is settled."""
    recipe, training = setup.recipe, setup.parts.training
    seed = derived_seed(recipe.seed, "preflight", "order", order)
    augmenting = torch.Generator().manual_seed(seed)
    for step, rows in enumerate(islice(cycle(recipe.sampler.batches(training, seed=seed)), steps)):
        batch = batch_of(training, rows[:MOST_AT_ONCE], recipe=recipe, progress=1.0, augmenting=augmenting)
        torch.manual_seed(derived_seed(seed, "dropout", step))
        yield batch


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
