"""What a recipe leaves to the pictures and to the clock: the length, the size of the network, mirror images."""

import json
import math
import time
from dataclasses import dataclass, replace
from typing import Any

import torch

from sightline.core.errors import RunError, SettingsError
from sightline.core.rules import AUTO
from sightline.core.storage import write_json
from sightline.data.catalog import TEST, TRAIN, VALIDATION
from sightline.data.health.flips import FlipCheck
from sightline.line.methods.recipe import recipe_of
from sightline.line.prepared import Prepared
from sightline.line.run import Run
from sightline.line.settings import Settings, is_open
from sightline.line.settings.presets import FAST_RECIPE
from sightline.models import MODELS
from sightline.models.building import build_network
from sightline.models.changes.views import VIEWS
from sightline.training.learner import Learner
from sightline.training.memory import freed_memory_kept
from sightline.training.samples import Samples

SIZES = (((32, 64, 128), 0.0), ((64, 128, 128), 1.5), ((64, 256, 256), 5.0))
"""Widths of `quick-cnn`, the weakest first, and how often each has to see the training part to beat the one before."""
UNHURRIED = (64, 128, 128)
"""The widths where no clock runs."""
SEEN = 500_000
"""Where no clock runs, about so many pictures are learnt from: those of small sets over and over again."""
LEAST_EPOCHS, MOST_EPOCHS = 8, 60
MOST_BY_CLOCK = 1_000
LARGEST_BATCH, LEAST_BATCH, STEPS_AN_EPOCH = 512, 16, 40
"""Batches are as large as leaves an epoch so many steps."""
STEPS, PAYING_BATCH = 140, 128
"""Short trainings have smaller batches, to have so many steps; below this size steps cost more than they bring."""
MOST_RATE, LEAST_RATE, LONG_STEPS = 0.03, 0.01, 1_000
"""The learning rate of `muon-normalised`; in a training of so many steps it is half of the most."""
DECIDED = ("widths", "epochs", "batch_size", "learning_rate", "start_scale", "flip_horizontal", "views")
START_SCALE, LEAST_SIDE = 0.5, 16
"""Where pictures begin to grow, and the least side in pixels that they begin with."""
TIMED_BATCH, TIMED_STEPS = 128, 3
LEAST_SECONDS = 5.0
"""Of training, that a hint speaks of."""
GAIN_OF_SMALL = 1.7
"""How much quicker a training is whose pictures have half of their sides at first."""
FIXED_SECONDS = 5.0
"""What follows training whatever the pictures: the graph and its proof, the report."""
BASELINE_SHARE, MARGIN = 0.1, 0.03
"""Of the training time: what the baseline may take, and for what can't be foreseen."""
MOST_ANSWERING = 0.25
"""Of the training time: what looks at two views of every picture may take; else it is better spent on learning."""
ANSWERS_A_STEP = 2
"""So many answers take about as long as a training step with one picture; the model file computes in float32."""


@dataclass(frozen=True)
class Fitted:
    """Settings in which nothing is open that the pictures decide.

    Args:
        settings: With numbers in the place of ``auto``.
        seconds: How long the network may learn; 0 for no limit.
    """

    settings: Settings
    seconds: float = 0.0

    @property
    def told(self) -> str:
        """What the fast recipe took, as a line to follow another; empty for other recipes."""
        if self.settings.recipe != FAST_RECIPE:
            return ""
        widths = "" if self.settings.widths == AUTO else f"{' + '.join(map(str, self.settings.widths))} maps, "
        length = f"{self.seconds:.0f} s" if self.seconds else f"{self.settings.epochs} epochs"
        flips = "with" if self.settings.amounts()["flip_horizontal"] else "without"
        return f"\nrecipe fast: {widths}{length} in batches of {self.settings.batch_size}, {flips} mirror images"


def fitted_to(prepared: Prepared, settings: Settings, *, started: float, run: Run) -> Fitted:
    """Return what the recipe takes for these pictures, the same when an interrupted run is continued.

    Args:
        prepared: The pictures.
        settings: As the user and the recipe named them.
        started: When the command began, by `time.perf_counter`.
        run: Remembers what was decided.

    Raises:
        RunError: No time is left, or what was decided before can't be read.
        SettingsError: The warm-up is longer than the training.
    """
    if settings.is_pipeline:
        return Fitted(settings)
    if run.decided.exists():
        return _remembered(run, settings)
    count = len(prepared.split.rows(TRAIN))
    is_sized = settings.recipe == FAST_RECIPE and "widths" in MODELS[settings.model].options
    side = min(prepared.preprocess.format.shape[:2])
    start_scale = min(1.0, max(START_SCALE, LEAST_SIDE / side)) if is_sized else 1.0  # others may take one size only
    epochs = MOST_BY_CLOCK if settings.minutes else min(MOST_EPOCHS, max(LEAST_EPOCHS, math.ceil(SEEN / count)))
    ready = _filled(
        _without_mirrors_that_mislead(prepared, settings),
        start_scale=start_scale,
        epochs=epochs,
    )
    if settings.minutes:
        fitted, passes = _in_time(
            prepared,
            ready,
            started,
            is_sized=is_sized and is_open(settings, "widths"),
            one_view_will_do=is_open(settings, "views"),
        )
    else:
        fitted, passes = Fitted(_filled(ready, widths=UNHURRIED) if is_sized else ready), float(ready.epochs)
    stepping = _filled(fitted.settings, batch_size=_batch(count, passes))
    rate = _learning_rate(count * passes / int(stepping.batch_size))
    fitted = replace(fitted, settings=_filled(stepping, learning_rate=rate))
    if settings.warmup_epochs >= int(fitted.settings.epochs):
        raise SettingsError(
            f"warmup_epochs = {settings.warmup_epochs:g} of the {fitted.settings.epochs} epochs that the recipe takes "
            f"for {count:,} pictures",
            hint="name more --epochs, or fewer epochs of warm-up",
        )
    own = {name: getattr(fitted.settings, name) for name in DECIDED}
    decided = {name: value for name, value in own.items() if value != getattr(settings, name)}
    if decided:
        write_json(run.decided, {**decided, "seconds": fitted.seconds})
    return fitted


def _remembered(run: Run, settings: Settings) -> Fitted:
    try:
        values = json.loads(run.decided.read_text(encoding="utf-8"))
        seconds = float(values.pop("seconds"))
        typed: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return Fitted(replace(settings, **typed), seconds)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise RunError(f"{run.decided} is damaged: {error}", hint="begin the run anew with --force") from error


def _filled(settings: Settings, **values: Any) -> Settings:
    """Return settings with these values where nobody named others."""
    return replace(settings, **{name: value for name, value in values.items() if is_open(settings, name)})


def _without_mirrors_that_mislead(prepared: Prepared, settings: Settings) -> Settings:
    """Let the fast recipe learn from mirror images, and look at them, where no class is another one in the mirror."""
    if settings.recipe != FAST_RECIPE:
        return settings
    flips = FlipCheck(
        prepared.catalog.classes,
        prepared.pixels,
        labels=prepared.catalog.labels,
        rows=prepared.split.rows(TRAIN),
        seed=settings.seed,
    )
    misleading = flips.misleads("flip_horizontal")
    if settings.augment:  # flips are the user's own then
        return _filled(settings, views="picture" if misleading else "mirrored")
    return _filled(settings, flip_horizontal=0.0 if misleading else 0.5, views="picture" if misleading else "mirrored")


def _batch(count: int, passes: float) -> int:
    """Return the largest batch, a power of two, that leaves a training and its epochs their steps.

    Args:
        count: Pictures of the training part.
        passes: How often each is seen.
    """
    size = LARGEST_BATCH
    while size > PAYING_BATCH and count * passes < size * STEPS:
        size //= 2
    while size > LEAST_BATCH and count < size * STEPS_AN_EPOCH:
        size //= 2
    return size


def _learning_rate(steps: float) -> float:
    """Return the rate of a training of so many steps: the more, the smaller, by a root.

    Example:
        >>> [round(_learning_rate(steps), 4) for steps in (100, 1_000, 10_000)]
        [0.03, 0.015, 0.01]
    """
    return max(LEAST_RATE, min(MOST_RATE, MOST_RATE / 2 * math.sqrt(LONG_STEPS / max(steps, 1))))


def _in_time(
    prepared: Prepared, settings: Settings, started: float, *, is_sized: bool, one_view_will_do: bool
) -> tuple[Fitted, float]:
    """Return how long the network may learn, so that the whole command ends in time, and its passes over the pictures.

    The network is the strongest that sees the training part often enough. It looks at a picture once where the time for
    another look is better spent on learning.

    Raises:
        RunError: Too little time is left.
    """
    count = len(prepared.split.rows(TRAIN))

    def left() -> float:
        return 60 * settings.minutes - (time.perf_counter() - started)

    chosen, its_rate, seen = settings, 0.0, math.inf
    for widths, passes in SIZES if is_sized else ((settings.widths, 0.0),):
        if seen < passes:  # a stronger network, which is slower, would see them even less often
            break
        sized = replace(settings, widths=widths)
        rate = _pictures_a_second(prepared, sized)
        seconds = _seconds_to_learn(prepared, sized, left(), rate)
        if one_view_will_do and _seconds_to_answer(prepared, sized, rate) > MOST_ANSWERING * seconds:
            sized = replace(sized, views="picture")
            seconds = _seconds_to_learn(prepared, sized, left(), rate)
        seen = GAIN_OF_SMALL * rate * seconds / count
        if seen >= passes:
            chosen, its_rate = sized, rate
    seconds = _seconds_to_learn(prepared, chosen, left(), its_rate) if its_rate else seconds
    if seconds > 0:
        return Fitted(chosen, seconds), GAIN_OF_SMALL * its_rate * seconds / count
    enough = math.ceil(10 * settings.minutes + (LEAST_SECONDS - seconds) / 6) / 10
    raise RunError(
        f"minutes = {settings.minutes:g}, of which {max(0.0, left()):.0f} s are left to learn, to test and to report",
        hint=f"give {enough:g} or more; a second run reads the same pictures faster, from the cache",
    )


def _seconds_to_learn(prepared: Prepared, settings: Settings, left: float, rate: float) -> float:
    """Return what is left for training of so many seconds, at so many pictures a second in training."""
    share = MARGIN if settings.baseline == "none" else MARGIN + BASELINE_SHARE
    return (left - FIXED_SECONDS - _seconds_to_answer(prepared, settings, rate)) / (1 + share)


def _seconds_to_answer(prepared: Prepared, settings: Settings, rate: float) -> float:
    """Return how long the looks at validation and test part take, at so many pictures a second in training."""
    views = VIEWS[settings.views]
    looks = (1 + views.mirrored) * (3 if views.moved else 1)
    return looks * sum(len(prepared.split.rows(part)) for part in (VALIDATION, TEST)) / (ANSWERS_A_STEP * rate)


def _pictures_a_second(prepared: Prepared, settings: Settings) -> float:
    """Return how fast a network learns from some training pictures of full size."""
    catalog = prepared.catalog
    rows = torch.from_numpy(prepared.split.rows(TRAIN)[:TIMED_BATCH])
    samples = Samples(torch.from_numpy(prepared.pixels), torch.from_numpy(catalog.labels), rows, len(catalog.classes))
    with torch.random.fork_rng(), freed_memory_kept():
        network = build_network(settings.model, prepared.preprocess, len(catalog.classes), settings.model_options())
        learner = Learner(network, recipe_of(replace(settings, batch_size=TIMED_BATCH), samples), say=lambda _: None)
        seconds = []
        for _ in range(TIMED_STEPS):
            started = time.perf_counter()
            learner.gradients(samples.cut(rows))
            learner.step()
            seconds.append(time.perf_counter() - started)
    return len(rows) / min(seconds)
