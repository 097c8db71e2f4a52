"""What the pictures and the clock decide of a network's training: its length, its size, mirror images."""

import math
import time
from dataclasses import replace
from typing import Any

import torch

from sightline.core.errors import RunError, SettingsError
from sightline.data.catalog import TEST, TRAIN, VALIDATION
from sightline.line.methods.before_training.rate import ranged
from sightline.line.methods.before_training.setup import samples_of
from sightline.line.methods.contract import Decided, Foreseen
from sightline.line.methods.network.options import network_options
from sightline.line.methods.network.recipe import recipe_of
from sightline.line.methods.rehearsal import rehearsed
from sightline.line.prepared import Prepared
from sightline.line.settings.run import FAST_RECIPE
from sightline.line.settings.values import Settings
from sightline.models import MODELS
from sightline.models.building import build_network
from sightline.models.changes.views import VIEWS
from sightline.training.learner import Learner
from sightline.training.machine.memory import freed_memory_kept
from sightline.training.phase import Phase

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
START_SCALE, LEAST_SIDE = 0.5, 16
"""Where pictures begin to grow, and the least side in pixels that they begin with."""
TIMED_BATCH, TIMED_STEPS = 128, 3
LEAST_SECONDS = 5.0
"""Of training, that a hint speaks of; less is learnt in if a step and a look at the validation part take less."""
GAIN_OF_SMALL = 1.7
"""How much quicker a training is whose pictures have half of their sides at first."""
BASELINE_SHARE, MARGIN = 0.1, 0.03
"""Of the training time: what the baseline may take, and for what can't be foreseen."""
MOST_ANSWERING = 0.25
"""Of the training time: what looks at two views of every picture may take; else it is better spent on learning."""
ANSWERS_A_STEP = 2
"""So many answers take about as long as a training step with one picture; the model file computes in float32."""


def decide(prepared: Prepared, settings: Settings, *, started: float) -> Decided:
    """Return what pictures and clock decide of a network's training.

    Args:
        settings: As named, and as the recipe has filled them.
        started: When the command began, by `time.perf_counter`.

    Raises:
        RunError: No time is left.
        SettingsError: The warm-up is longer than the training.
    """
    count = _seen_in_steps(prepared, settings)
    pictures = settings.decided("pictures", {**_mirror_images(prepared, settings), **_length(prepared, settings)})
    if settings["minutes"]:
        timed, passes = _in_time(prepared, pictures, settings, started)
        passes = min(passes, float(pictures["epochs"]))
    else:
        timed, passes = Decided(pictures.decided("pictures", _unhurried(settings))), float(pictures["epochs"])
    stepping = timed.settings.decided("pictures", {"batch_size": _batch(count, passes)})
    rate = _learning_rate(count * passes / stepping["batch_size"])
    chosen = stepping.decided("pictures", {"learning_rate": rate})
    if chosen["warmup_epochs"] >= chosen["epochs"]:
        raise SettingsError(
            f"warmup_epochs = {chosen['warmup_epochs']:g} of the {chosen['epochs']} epochs that the recipe takes "
            f"for {count:,} pictures",
            hint="name more --epochs, or fewer epochs of warm-up",
        )
    return ranged(prepared, Decided(chosen, timed.seconds))


def foreseen(prepared: Prepared, decided: Decided) -> Foreseen:
    """Return what a network's training will cost, by some timed steps and a rehearsal of what follows them.

    Args:
        decided: With nothing open any more; the epochs are taken as all that there may be.
    """
    settings, counts = decided.settings, prepared.split.counts()
    rate = _pictures_a_second(prepared, settings)
    looks = settings["epochs"] * (counts[TRAIN] + counts[VALIDATION] / ANSWERS_A_STEP)
    learning = decided.seconds or looks / rate
    share = 0.0 if settings["baseline"] == "none" else BASELINE_SHARE
    answering = counts[TEST] / (ANSWERS_A_STEP * rate)
    whole = learning * (1 + share) + answering + rehearsed(prepared, settings).seconds
    return Foreseen(whole, whole)


def _seen_in_steps(prepared: Prepared, settings: Settings) -> int:
    """Return how many labelled pictures the steps of an epoch have together: some again and again beside unlabelled."""
    unlabelled = len(prepared.unlabelled(settings.data))
    return -(-unlabelled // settings["unlabelled_ratio"]) or len(prepared.split.rows(TRAIN))


def _is_sized(settings: Settings) -> bool:
    """Return whether the recipe may choose the widths of the network's maps."""
    return settings["recipe"] == FAST_RECIPE and "widths" in MODELS[settings["model"]].options


def _unhurried(settings: Settings) -> dict[str, Any]:
    return {"widths": UNHURRIED} if _is_sized(settings) else {}


def _length(prepared: Prepared, settings: Settings) -> dict[str, Any]:
    """Return how long the training is at most, and how small its pictures begin."""
    side = min(prepared.preprocess.format.shape[:2])
    count = _seen_in_steps(prepared, settings) + len(prepared.unlabelled(settings.data))
    start_scale = (
        min(1.0, max(START_SCALE, LEAST_SIDE / side)) if _is_sized(settings) else 1.0
    )  # others may not take it
    unhurried = min(MOST_EPOCHS, max(LEAST_EPOCHS, math.ceil(SEEN / count)))
    return {"start_scale": start_scale, "epochs": MOST_BY_CLOCK if settings["minutes"] else unhurried}


def _mirror_images(prepared: Prepared, settings: Settings) -> dict[str, Any]:
    """Let the fast recipe learn from mirror images, and look at them, where no class is another one in the mirror."""
    if settings["recipe"] != FAST_RECIPE:
        return {}
    misleads = prepared.flips.misleads("flip_horizontal")
    views = {"views": "picture" if misleads else "mirrored"}
    if settings["augment"]:  # flips are the user's own then
        return views
    return {"flip_horizontal": 0.0 if misleads else 0.5, **views}


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


def _in_time(prepared: Prepared, pictures: Settings, named: Settings, started: float) -> tuple[Decided, float]:
    """Return how long the network may learn, so that the whole command ends in time, and its passes over the pictures.

    The network is the strongest that sees the training part often enough. It looks at a picture once where the time for
    another look is better spent on learning.

    Args:
        pictures: What they have decided.
        named: What was open before.
        started: When the command began, by `time.perf_counter`.

    Raises:
        RunError: Too little time is left.
    """
    minutes, count = named["minutes"], len(prepared.split.rows(TRAIN))

    def left() -> float:
        return float(60 * minutes - (time.perf_counter() - started))

    is_sized = _is_sized(named) and named.is_open("widths")
    rehearsal = rehearsed(prepared, pictures.decided("clock", {"widths": SIZES[0][0]}) if is_sized else pictures)
    chosen, its_rate, seen, first_rate = pictures, 0.0, math.inf, 0.0
    for widths, passes in SIZES if is_sized else ((pictures["widths"], 0.0),):
        if seen < passes:  # a stronger network, which is slower, would see them even less often
            break
        sized = pictures.decided("clock", {"widths": widths}) if is_sized else pictures
        rate = _pictures_a_second(prepared, sized)
        first_rate = first_rate or rate
        after = rehearsal.seconds_of(first_rate / rate)
        seconds = _seconds_to_learn(prepared, sized, left() - after, rate)
        if named.is_open("views") and _seconds_to_answer(prepared, sized, rate) > MOST_ANSWERING * seconds:
            sized = sized.changed(views="picture")
            seconds = _seconds_to_learn(prepared, sized, left() - after, rate)
        seen = GAIN_OF_SMALL * rate * seconds / count
        if seen >= passes:
            chosen, its_rate = sized, rate
    if its_rate:
        after = rehearsal.seconds_of(first_rate / its_rate)
        seconds = _seconds_to_learn(prepared, chosen, left() - after, its_rate)
    if seconds > _least_seconds(prepared, rate):
        return Decided(chosen, seconds), GAIN_OF_SMALL * its_rate * seconds / count
    lacking = (max(LEAST_SECONDS, _least_seconds(prepared, rate)) - seconds) * (1 + MARGIN + BASELINE_SHARE)
    raise RunError(
        f"minutes = {minutes:g}, of which {max(0.0, left()):.0f} s are left to learn, to test and to report; "
        f"what follows the learning takes {after:.0f} s on this machine",
        hint=f"give {math.ceil(10 * minutes + lacking / 6) / 10:g} or more; "
        "a second run reads the same pictures faster, from the cache",
    )


def _least_seconds(prepared: Prepared, rate: float) -> float:
    """Return how long a step of learning and a look at the validation part take, at so many pictures a second."""
    looked_at = len(prepared.split.rows(VALIDATION))
    return (min(TIMED_BATCH, len(prepared.split.rows(TRAIN))) + looked_at / ANSWERS_A_STEP) / rate


def _seconds_to_learn(prepared: Prepared, settings: Settings, left: float, rate: float) -> float:
    """Return what is left for training of so many seconds without the rehearsed ones, at so many pictures a second."""
    share = MARGIN if settings["baseline"] == "none" else MARGIN + BASELINE_SHARE
    return (left - _seconds_to_answer(prepared, settings, rate)) / (1 + share)


def _seconds_to_answer(prepared: Prepared, settings: Settings, rate: float) -> float:
    """Return how long the looks at validation and test part take, at so many pictures a second in training."""
    looks = VIEWS[settings.network.views].count
    count = sum(len(prepared.split.rows(part)) for part in (VALIDATION, TEST))
    return float(looks * count / (ANSWERS_A_STEP * rate))


def _pictures_a_second(prepared: Prepared, settings: Settings) -> float:
    """Return how fast a network learns from some training pictures of full size."""
    samples, classes = samples_of(prepared, TRAIN), len(prepared.catalog.classes)
    rows = samples.rows[:TIMED_BATCH]
    with torch.random.fork_rng(), freed_memory_kept():
        network = build_network(settings["model"], prepared.preprocess, classes, network_options(settings))
        timed = replace(samples, rows=rows)
        recipe = recipe_of(settings.changed(batch_size=TIMED_BATCH), timed, classes=classes)
        learner = Learner(network, Phase(recipe), say=lambda _: None)
        seconds = []
        for _ in range(TIMED_STEPS):
            started = time.perf_counter()
            learner.gradients(samples.cut(rows))
            learner.step()
            seconds.append(time.perf_counter() - started)
    return len(rows) / min(seconds)
