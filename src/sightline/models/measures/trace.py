"""Which layers a network runs through, in which order, without computing anything."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from sightline.models.measures.walking import blank, run_shapes

WEIGHTED = nn.Conv2d | nn.Linear
ACTIVATION = nn.Sigmoid | nn.Tanh | nn.ReLU | nn.LeakyReLU | nn.PReLU | nn.GELU


@dataclass(frozen=True)
class Step:
    """One layer without parts, at work.

    Args:
        name: Its name in the network: ``"features.3"``.
        layer: The layer.
        read: The tensor that it was given, on torch's meta device: sizes alone, (N, C, H, W) or (N, features).
        gave: The tensor that it returned.
    """

    name: str
    layer: nn.Module
    read: torch.Tensor
    gave: torch.Tensor


@dataclass(frozen=True)
class Trace:
    """The steps of a network from the pixels to its answers, auxiliary ones last.

    Args:
        steps: In the order in which they ran.
        heads: Names of the layers whose sums are the answers.
    """

    steps: tuple[Step, ...]
    heads: frozenset[str]

    def weighted(self) -> tuple[Step, ...]:
        """Return the convolutions and dense layers."""
        return tuple(step for step in self.steps if isinstance(step.layer, WEIGHTED))

    def reader(self, step: Step) -> Step | None:
        """Return the first layer that reads what a layer gave, or None if arithmetic comes between."""
        return next((later for later in self._after(step) if later.read is step.gave), None)

    def activation(self, step: Step) -> nn.Module | None:
        """Return the activation that comes before the next convolution or dense layer, if any does."""
        for later in self._after(step):
            if isinstance(later.layer, WEIGHTED):
                return None
            if isinstance(later.layer, ACTIVATION):
                return later.layer
        return None

    def before(self, step: Step) -> Step | None:
        """Return the layer that ran just before."""
        place = self.steps.index(step)
        return self.steps[place - 1] if place else None

    def _after(self, step: Step) -> Iterator[Step]:
        yield from self.steps[self.steps.index(step) + 1 :]


def traced(layers: nn.Module, shape: tuple[int, int, int]) -> Trace:
    """Run a network on torch's meta device and write down what happens.

    Nothing is allocated or computed, the weights stay where they are, and no random number is used up.
    Layers that work in training alone, such as auxiliary heads, are found by a second pass.

    Args:
        layers: A module from (N, C, H, W) to logits (N, classes), or to a tuple of logits in training.
        shape: (H, W, C) of the input.
    """
    trace = _passed(layers, shape, training=False)
    ran = {step.name for step in trace.steps}
    if any(name not in ran for name, layer in layers.named_modules() if not list(layer.children())):
        extra = _passed(layers, shape, training=True)
        steps = tuple(step for step in extra.steps if step.name not in ran)
        trace = Trace(trace.steps + steps, trace.heads | extra.heads)
    return trace


def _passed(layers: nn.Module, shape: tuple[int, int, int], *, training: bool) -> Trace:
    steps: list[Step] = []
    hooks = [
        layer.register_forward_hook(_recorder(name, steps))
        for name, layer in layers.named_modules()
        if not list(layer.children())
    ]
    try:
        answers = run_shapes(layers, blank(shape), training=training)
    finally:
        for hook in hooks:
            hook.remove()
    return Trace(tuple(steps), _heads(steps, answers if isinstance(answers, tuple) else (answers,)))


def _recorder(name: str, steps: list[Step]) -> Any:
    def record(layer: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        steps.append(Step(name, layer, inputs[0], output))

    return record


def _heads(steps: list[Step], answers: tuple[torch.Tensor, ...]) -> frozenset[str]:
    weighted = [step for step in steps if isinstance(step.layer, WEIGHTED)]
    direct = {step.name for step in weighted if any(step.gave is answer for answer in answers)}
    return frozenset(direct or {step.name for step in weighted[-1:]})
