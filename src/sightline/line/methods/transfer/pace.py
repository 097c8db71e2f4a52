"""What pictures, machine and clock decide of transfer learning: whether the base learns on, and how long."""

import math
import time
from collections import OrderedDict

import torch
from torch import nn

from sightline.core.errors import RunError
from sightline.core.rules import AUTO
from sightline.data.catalog import TEST, TRAIN, VALIDATION
from sightline.line.features.extractor import extractor_of
from sightline.line.methods.contract import Decided
from sightline.line.methods.network_machine import machine_of
from sightline.line.methods.rehearsal import PROVED, rehearsed_with
from sightline.line.methods.transfer.head import LINEAR
from sightline.line.prepared import Prepared
from sightline.line.settings.transfer import ALL, NONE
from sightline.line.settings.values import Settings
from sightline.training.machine.devices import choose_device

EPOCHS, MOST_BY_CLOCK = 8, 24
LEAST_EPOCHS = 2
"""Fewer are not worth beginning with."""
STEP_COST = 4
"""A step of learning with a picture takes about as long as so many looks at it."""


def decide(prepared: Prepared, settings: Settings, *, started: float) -> Decided:
    """Return how much of the base learns on, how many epochs, and how many seconds that may take.

    Args:
        settings: As named, and as the recipe has filled them.
        started: When the command began, by `time.perf_counter`.

    Raises:
        RunError: Too little time is left.
    """
    if settings["minutes"]:
        return _in_time(prepared, settings, started)
    unfreeze = ALL if _has_room(settings) else NONE
    return Decided(settings.decided("pictures", {"unfreeze": unfreeze, "epochs": EPOCHS}))


def _has_room(settings: Settings) -> bool:
    """Return whether the base learns on where nobody said how much of it, and no clock runs."""
    is_linear = settings["classifier"] in LINEAR
    device = choose_device(machine_of(settings).device).type
    return is_linear and (settings["epochs"] != AUTO or device != "cpu")


def _in_time(prepared: Prepared, settings: Settings, started: float) -> Decided:
    """Return how long the base may learn on, so that the whole command ends in time; where that is little, not at all.

    Raises:
        RunError: Not even the head can be had in time, or not what was named.
    """
    counts, minutes = prepared.split.counts(), settings["minutes"]
    rehearsal = rehearsed_with(prepared, _some_network(prepared, settings))
    look = rehearsal.proof / PROVED / 2  # a proof asks two
    looking = look * sum(counts[part] for part in (TRAIN, VALIDATION, TEST)) + rehearsal.graph
    left = 60 * minutes - (time.perf_counter() - started) - looking - rehearsal.seconds
    epoch = look * (STEP_COST * counts[TRAIN] + counts[VALIDATION])
    wants = not settings.is_open("unfreeze") and settings["unfreeze"] != NONE
    needed = LEAST_EPOCHS * epoch if wants else 0.0
    if left < needed:
        raise RunError(
            f"minutes = {minutes:g}, of which {max(0.0, left):.0f} s are left to learn; what comes before and after "
            f"takes {looking + rehearsal.seconds:.0f} s on this machine",
            hint=f"give {math.ceil(10 * minutes + (needed - left) / 6) / 10:g} or more",
        )
    tunes = wants or (settings["classifier"] in LINEAR and left >= LEAST_EPOCHS * epoch)
    chosen = settings.decided("clock", {"unfreeze": ALL if tunes else NONE, "epochs": MOST_BY_CLOCK})
    return Decided(chosen, looking + left)


def _some_network(prepared: Prepared, settings: Settings) -> nn.Sequential:
    """Return the base with a head that has learnt nothing."""
    base = extractor_of(settings.transfer).load()
    with torch.inference_mode():
        width = base(torch.from_numpy(prepared.pixels[:1])).shape[1]
    head = nn.Linear(width, len(prepared.catalog.classes))
    return nn.Sequential(OrderedDict(base=base, head=head)).eval()
