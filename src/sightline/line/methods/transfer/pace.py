"""What pictures, machine and clock decide of transfer learning: whether the base learns on, and how long."""

import math
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import nn

from sightline.core.errors import RunError
from sightline.core.rules import AUTO
from sightline.data.catalog import PARTS, TRAIN, VALIDATION
from sightline.inference.export.proof import PROOF_PICTURES
from sightline.line.features.extractor import Extractor, base_of
from sightline.line.features.store import store_of
from sightline.line.methods.contract import Decided, Foreseen
from sightline.line.methods.network.machine import machine_of
from sightline.line.methods.rehearsal import DRAWINGS, PROVED, RESERVE, rehearsed_with
from sightline.line.methods.transfer.head import LINEAR
from sightline.line.prepared import Prepared
from sightline.line.settings.transfer import ALL, NONE
from sightline.line.settings.values import Settings
from sightline.training.machine.devices import choose_device

EPOCHS, MOST_BY_CLOCK = 8, 24
LEAST_EPOCHS = 2
"""Fewer are not worth beginning with."""
QUICKER = 4
"""So many times quicker than torch's answers and exports are those of a base's graph, and of a head alone."""
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


def foreseen(prepared: Prepared, decided: Decided) -> Foreseen:
    """Return what transfer learning will cost, by a rehearsal: features are asked for once, then found again.

    Args:
        decided: With nothing open any more.
    """
    cost, settings = _Cost.of(prepared, decided.settings), decided.settings
    tunes = settings["unfreeze"] != NONE
    learning = decided.seconds or (settings["epochs"] * cost.epoch + cost.after_tuning)
    again = cost.after_head + tunes * learning
    return Foreseen(cost.features + again, again)


@dataclass(frozen=True)
class _Cost:
    """What the parts of transfer learning cost on this machine, in seconds.

    Args:
        features: Of every picture, by the base's graph.
        after_head: Graph and report of a model whose base stays as it is.
        epoch: Of a base that learns on.
        after_tuning: Graph, proof and report of it.
    """

    features: float
    after_head: float
    epoch: float
    after_tuning: float

    @classmethod
    def of(cls, prepared: Prepared, settings: Settings) -> Self:
        """Rehearse on some pictures."""
        counts = prepared.split.counts()
        base = replace(base_of(settings), format=prepared.preprocess.format)
        _ = store_of(base).graph  # made once a machine, and not to be counted twice
        rehearsal = rehearsed_with(prepared, _some_network(base, prepared))
        look = rehearsal.proof / PROVED / 2  # a proof asks two
        pictures = sum(counts[part] for part in PARTS) + PROOF_PICTURES
        return cls(
            features=RESERVE * look * pictures / QUICKER,
            after_head=RESERVE * (rehearsal.graph / QUICKER + rehearsal.drawing * DRAWINGS),
            epoch=look * (STEP_COST * counts[TRAIN] + counts[VALIDATION]),
            after_tuning=rehearsal.seconds,
        )


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
    minutes, cost = settings["minutes"], _Cost.of(prepared, settings)
    with_head = cost.features + cost.after_head
    left = 60 * minutes - (time.perf_counter() - started) - with_head
    tuning = LEAST_EPOCHS * cost.epoch + cost.after_tuning
    wants = not settings.is_open("unfreeze") and settings["unfreeze"] != NONE
    needed = tuning if wants else 0.0
    if left < needed:
        raise RunError(
            f"minutes = {minutes:g}, of which {max(0.0, left):.0f} s are left to learn; what comes before and after "
            f"takes {with_head + wants * cost.after_tuning:.0f} s on this machine",
            hint=f"give {math.ceil(10 * minutes + (needed - left) / 6) / 10:g} or more",
        )
    tunes = wants or (settings["classifier"] in LINEAR and left >= tuning)
    chosen = settings.decided("clock", {"unfreeze": ALL if tunes else NONE, "epochs": MOST_BY_CLOCK})
    return Decided(chosen, left + cost.features * QUICKER / RESERVE - (cost.after_tuning if tunes else 0))


def _some_network(extractor: Extractor, prepared: Prepared) -> nn.Sequential:
    """Return the base with a head that has learnt nothing."""
    base = extractor.load()
    with torch.inference_mode():
        width = base(torch.from_numpy(prepared.pixels[:1])).shape[1]
    head = nn.Linear(width, len(prepared.catalog.classes))
    return nn.Sequential(OrderedDict(base=base, head=head)).eval()
