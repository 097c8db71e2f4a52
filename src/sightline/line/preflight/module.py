"""The pre-flight of any torch module with any samples."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import UninitializedParameter
from torch.utils.data import DataLoader

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
WANTED = (
    f"give a pair (inputs, labels) of (N, ...) and (N,), labels whole numbers from 0, with {LEAST_SAMPLES} samples or "
    "more; or a data set or a DataLoader of such pairs"
)

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
        samples: Inputs (N, ...) and labels (N,), as a pair of arrays or tensors; or a data set or DataLoader of pairs.
        validation: The same of what is held out; None takes every fifth sample.
        loss: Such as ``torch.nn.CrossEntropyLoss()``, which None stands for.
        optimizer: A name in `OPTIMIZERS`.
        learning_rate: None takes the optimizer's own.
        accept: Codes of findings that are taken as they are.

    Raises:
        SettingsError: The samples are no pairs or too few, the network can't be copied or can't learn, or a name is
            unknown.
    """
    parts = _parts(samples, validation)
    copied = _copied(network)
    parts = Parts(*(_as_the_weights(part, copied) for part in (parts.training, parts.validation)))
    _size_lazy_layers(copied, parts.training.inputs)
    recipe = _recipe(parts.training, optimizer, learning_rate, batch_size=batch_size, seed=seed, loss=loss)
    return preflight(Setup(copied, parts, recipe), accept=accept)


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
        SettingsError: They are no pair of the same length, labels are no whole numbers, or there are too few.
    """
    try:
        inputs, labels = (torch.as_tensor(np.asarray(part)) for part in _columns(samples))
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, NotImplementedError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SettingsError(f"a {type(samples).__name__} was given as samples: {reason}", hint=WANTED) from error
    if labels.ndim != 1 or len(inputs) != len(labels) or len(labels) < LEAST_SAMPLES:
        raise SettingsError(
            f"samples are inputs of shape {tuple(inputs.shape)} and labels of shape {tuple(labels.shape)}", hint=WANTED
        )
    if labels.is_floating_point() and bool((labels != labels.round()).any()):
        raise SettingsError(f"labels are no whole numbers, such as {float(labels[0]):g}", hint=WANTED)
    return inputs, labels.long()


def _columns(samples: Any) -> tuple[Any, Any]:
    """Return all inputs and all labels of a pair of them, of a loader of batches, or of a data set of samples."""
    if isinstance(samples, tuple | list) and len(samples) == 2:  # noqa: PLR2004 - inputs and labels
        return samples[0], samples[1]
    if isinstance(samples, DataLoader):
        batches = [(inputs, labels) for inputs, labels in samples]
        return torch.cat([inputs for inputs, _ in batches]), torch.cat([labels for _, labels in batches])
    pairs = [samples[place] for place in range(len(samples))]
    return np.stack([np.asarray(inputs) for inputs, _ in pairs]), [int(label) for _, label in pairs]


def _copied(network: Any) -> nn.Module:
    """Return a copy of a network, which the checks copy again.

    Raises:
        SettingsError: It is no module, can't be copied, or nothing of it can learn.
    """
    if not isinstance(network, nn.Module):
        raise SettingsError(f"a {type(network).__name__} was given", hint="give a torch.nn.Module")
    try:
        copied = deepcopy(network)
    except Exception as error:
        raise SettingsError(
            f"the network can't be copied, and every check works on a copy: {error}",
            hint="leave open files, generators and tensors that were computed with gradients out of its attributes",
        ) from error
    if not any(weight.requires_grad for weight in copied.parameters()):
        raise SettingsError(
            f"no weight of the {type(network).__name__} can learn",
            hint="give it parameters, and let them learn: network.requires_grad_(True)",
        )
    return copied


def _size_lazy_layers(network: nn.Module, inputs: torch.Tensor) -> None:
    """Let layers that wait for their first inputs have them; a network that raises is for the checks to name."""
    if any(isinstance(weight, UninitializedParameter) for weight in network.parameters()):
        with torch.no_grad(), suppress(Exception):
            network(inputs[:2])


def _as_the_weights(samples: Samples, network: nn.Module) -> Samples:
    """Return samples whose floats have the type of the network's own: NumPy makes them twice as wide."""
    types = [weight.dtype for weight in network.parameters() if weight.is_floating_point()]
    return replace(samples, inputs=samples.inputs.to(types[0])) if samples.inputs.is_floating_point() else samples
