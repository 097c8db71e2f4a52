"""Training loops that are set side by side: sightline's, and the one that a tutorial shows."""

import tempfile
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.pictures import untrained

EVALUATION_BATCH = 512


class Case(NamedTuple):
    """What is trained: a network, pictures a step, and in how many bits."""

    model: str
    batch: int
    precision: str = "fp32"


class EpochSeconds(NamedTuple):
    """Seconds of an epoch: of its training part, and of its look at the validation part."""

    training: float
    validation: float


def possible(cases):
    """Return the cases that this processor has instructions for."""
    from sightline.training.machine.devices import cpu_computes_in_bf16

    return [case for case in cases if case.precision == "fp32" or cpu_computes_in_bf16()]


def ours(case, pictures, *, training, epochs):
    """Train by sightline's loop, checkpoints and all, and return the `EpochSeconds` of each epoch.

    Args:
        case: What is trained.
        pictures: The first `training` are learnt from, the others are the validation part.
        training: A count.
        epochs: At least 1.
    """
    import sightline  # noqa: F401, I001 - before torch, whose threads then wait as sightline has it
    import torch

    from sightline.training.checkpoints import Checkpoints
    from sightline.training.loop import fit
    from sightline.training.losses import LossSettings
    from sightline.training.machine.devices import MachineSettings
    from sightline.training.objectives.recipe import recipe_of
    from sightline.training.phase import Phase
    from sightline.training.recipe import StepSettings
    from sightline.training.samplers import LABEL
    from sightline.training.samples import Parts, Samples

    network, _ = untrained(case.model, pictures)
    pixels, labels = torch.from_numpy(pictures.pixels), {LABEL: torch.from_numpy(pictures.labels)}
    rows = torch.arange(len(pictures.labels)).split([training, len(pictures.labels) - training])
    steps = StepSettings(epochs=epochs, batch_size=case.batch, schedule="constant", patience=0)
    counts = tuple(np.bincount(pictures.labels[:training], minlength=pictures.classes).tolist())
    recipe = recipe_of(steps, LossSettings(), MachineSettings("cpu", case.precision), counts=counts, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        outcome = fit(
            network,
            Parts(*(Samples(pixels, labels, part) for part in rows)),
            phases=[Phase(recipe)],
            checkpoints=Checkpoints(Path(folder) / "checkpoints"),
        )
    return [EpochSeconds(record.seconds, record.validation_seconds) for record in outcome.history]


def bare(case, pictures, *, training, epochs, layout="contiguous_format"):
    """Do the same by a plain loop, on floats that are centred beforehand; it keeps no checkpoints.

    Args:
        case: What is trained.
        pictures: The first `training` are learnt from, the others are the validation part.
        training: A count.
        epochs: At least 1.
        layout: Torch's name of how pictures and weights lie in memory.
    """
    import torch  # before sightline, which would set how its threads wait
    from torch.nn.functional import cross_entropy

    from sightline.training.machine.arithmetic import autocast

    memory_format = getattr(torch, layout)
    whole, _ = untrained(case.model, pictures)
    with torch.no_grad():
        floats = whole.normalise(torch.from_numpy(pictures.pixels))
    images, targets = floats.contiguous(memory_format=memory_format), torch.from_numpy(pictures.labels)
    model = whole.network.to(memory_format=memory_format)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    seconds = []
    for _ in range(epochs):
        started = time.perf_counter()
        model.train()
        for rows in torch.randperm(training).split(case.batch):
            with autocast(torch.device("cpu"), case.precision):
                loss = cross_entropy(model(images[rows]), targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()
        trained = time.perf_counter()
        model.eval()
        with torch.no_grad():
            for batch in images[training:].split(EVALUATION_BATCH):
                model(batch).argmax(dim=1)
        seconds.append(EpochSeconds(trained - started, time.perf_counter() - trained))
    return seconds


LOOPS = {"ours": ours, "bare": bare, "bare, channels last": partial(bare, layout="channels_last")}
"""Each in a process of its own (`bench.processes.aside`), since how threads wait is settled when torch is imported."""


def best_rate(loop, case, pictures, *, training, epochs=3):
    """Return pictures a second in training, in the best epoch after the first."""
    seconds = LOOPS[loop](case, pictures, training=training, epochs=epochs)
    return training / min(epoch.training for epoch in seconds[1:])
