"""The pre-flight of any torch module with any samples."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from sightline.core.choose import choose
from sightline.core.errors import SettingsError
from sightline.training.losses import LossSettings
from sightline.training.machine.devices import MachineSettings
from sightline.training.objectives.loss_function import LossFunction
from sightline.training.objectives.recipe import recipe_of
from sightline.training.optimizers import OPTIMIZERS
from sightline.training.preflight.flight import Preflight, preflight
from sightline.training.preflight.setup import Setup
from sightline.training.recipe import Recipe, StepSettings
from sightline.training.samplers import LABEL
from sightline.training.samples import Parts, Samples

HELD_OUT = 5
"""Every so many samples one is held out, where nobody says which."""
LEAST_SAMPLES = 10

LossOf = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""From scores (n, K) and labels (n,) to a loss, () or (n,)."""


def preflight_of_module(
    network: nn.Module,
    samples: Any,
    *,
    validation: Any,
    loss: LossOf | None,
    optimizer: str,
    learning_rate: float | None,
    batch_size: int,
    seed: int,
    accept: Iterable[str],
) -> Preflight:
    """Ask everything of a module before it is trained; it stays as it is, to the last bit.

    Args:
        network: From inputs (n, ...) to scores (n, K).
        samples: Inputs (N, ...) and labels (N,), as a pair of arrays or tensors; or a data set of such pairs.
        validation: The same of what is held out; None takes every fifth sample.
        loss: Such as ``torch.nn.CrossEntropyLoss()``, which None stands for.
        optimizer: A name in `OPTIMIZERS`.
        learning_rate: None takes the optimizer's own.
        accept: Codes of findings that are taken as they are.

    Raises:
        SettingsError: The samples are no pairs, too few, or a name is unknown.
    """
    parts = _parts(samples, validation)
    recipe = _recipe(parts.training, optimizer, learning_rate, batch_size=batch_size, seed=seed, loss=loss)
    return preflight(Setup(network, parts, recipe), accept=accept)


def _recipe(
    training: Samples,
    optimizer: str,
    learning_rate: float | None,
    *,
    batch_size: int,
    seed: int,
    loss: LossOf | None,
) -> Recipe:
    choose(optimizer, OPTIMIZERS, kind="optimizer")
    steps = StepSettings(batch_size=batch_size, optimizer=optimizer, learning_rate=learning_rate)
    counts = torch.bincount(training.targets[LABEL].clamp(min=0)).tolist()
    recipe = recipe_of(steps, LossSettings(), MachineSettings("cpu", "fp32"), counts=counts, seed=seed)
    objective = LossFunction(nn.CrossEntropyLoss() if loss is None else loss)
    return replace(recipe, objective=objective)


def _parts(samples: Any, validation: Any) -> Parts:
    inputs, labels = _pair(samples)
    rows = torch.arange(len(labels))
    if validation is not None:
        more, more_labels = _pair(validation)
        return Parts(Samples(inputs, {LABEL: labels}, rows), _all_of(more, more_labels))
    is_held_out = rows % HELD_OUT == HELD_OUT - 1
    return Parts(
        Samples(inputs, {LABEL: labels}, rows[~is_held_out]), Samples(inputs, {LABEL: labels}, rows[is_held_out])
    )


def _all_of(inputs: torch.Tensor, labels: torch.Tensor) -> Samples:
    return Samples(inputs, {LABEL: labels}, torch.arange(len(labels)))


def _pair(samples: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Return inputs and labels as tensors.

    Raises:
        SettingsError: They are no pair of the same length, or too few.
    """
    if not isinstance(samples, tuple | list) or len(samples) != 2:  # noqa: PLR2004 - inputs and labels
        pairs = [samples[place] for place in range(len(samples))]
        samples = (np.stack([np.asarray(pair[0]) for pair in pairs]), [int(pair[1]) for pair in pairs])
    inputs, labels = (torch.as_tensor(np.asarray(part)) for part in samples)
    if labels.ndim != 1 or len(inputs) != len(labels) or len(labels) < LEAST_SAMPLES:
        raise SettingsError(
            f"samples are inputs of shape {tuple(inputs.shape)} and labels of shape {tuple(labels.shape)}",
            hint=f"give a pair (inputs, labels) of (N, ...) and (N,), with {LEAST_SAMPLES} samples or more",
        )
    return inputs, labels.long()
