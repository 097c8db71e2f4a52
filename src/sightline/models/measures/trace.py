"""Which layers a network runs through, in which order, without computing anything."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from sightline.models.measures.forward_pass import blank, run_shapes, watched

WEIGHTED = nn.Conv2d | nn.Linear
ACTIVATION = nn.Sigmoid | nn.Tanh | nn.ReLU | nn.ReLU6 | nn.LeakyReLU | nn.PReLU | nn.GELU


@dataclass(frozen=True)
class TracedLayer:
    """One layer without parts, at work.

    Args:
        name: Its name in the network, such as ``"features.3"``.
        module: The layer itself, not a copy.
        input: The tensor that it read, on torch's meta device: sizes alone, (N, C, H, W) or (N, features).
        output: The tensor that it returned, on the meta device too.
    """

    name: str
    module: nn.Module
    input: torch.Tensor
    output: torch.Tensor


@dataclass(frozen=True)
class Trace:
    """The layers of a network from the pixels to its answers, auxiliary ones last.

    Args:
        layers: In the order in which they ran.
        heads: Names of the layers whose sums are the answers.
    """

    layers: tuple[TracedLayer, ...]
    heads: frozenset[str]

    def weighted(self) -> tuple[TracedLayer, ...]:
        """Return the convolutions and dense layers."""
        return tuple(layer for layer in self.layers if isinstance(layer.module, WEIGHTED))

    def reader(self, layer: TracedLayer) -> TracedLayer | None:
        """Return the first layer that reads another one's output, or None if arithmetic comes between."""
        return next((later for later in self._after(layer) if later.input is layer.output), None)

    def activation(self, layer: TracedLayer) -> nn.Module | None:
        """Return the activation that comes before the next convolution or dense layer, if any does."""
        for later in self._after(layer):
            if isinstance(later.module, WEIGHTED):
                return None
            if isinstance(later.module, ACTIVATION):
                return later.module
        return None

    def before(self, layer: TracedLayer) -> TracedLayer | None:
        """Return the layer that ran just before."""
        place = self.layers.index(layer)
        return self.layers[place - 1] if place else None

    def _after(self, layer: TracedLayer) -> Iterator[TracedLayer]:
        yield from self.layers[self.layers.index(layer) + 1 :]


def traced(network: nn.Module, shape: tuple[int, int, int]) -> Trace:
    """Run a network on torch's meta device and write down what happens.

    Nothing is allocated or computed, the weights stay where they are, and no random number is used up.
    Layers that work in training alone, such as auxiliary heads, are found by a second pass.

    Args:
        network: From (N, C, H, W) to logits (N, classes), or to a tuple of logits in training.
        shape: (H, W, C) of the input.
    """
    trace = _passed(network, shape, training=False)
    ran = {layer.name for layer in trace.layers}
    if any(name not in ran for name, _ in _without_parts(network)):
        extra = _passed(network, shape, training=True)
        auxiliary = tuple(layer for layer in extra.layers if layer.name not in ran)
        trace = Trace(trace.layers + auxiliary, trace.heads | extra.heads)
    return trace


def _passed(network: nn.Module, shape: tuple[int, int, int], *, training: bool) -> Trace:
    layers: list[TracedLayer] = []

    def record(name: str, module: nn.Module, maps: torch.Tensor, output: torch.Tensor) -> None:
        layers.append(TracedLayer(name, module, maps, output))

    with watched(_without_parts(network), after=record):
        answers = run_shapes(network, blank(shape), training=training)
    return Trace(tuple(layers), _heads(layers, answers if isinstance(answers, tuple) else (answers,)))


def _without_parts(network: nn.Module) -> list[tuple[str, nn.Module]]:
    return [(name, layer) for name, layer in network.named_modules() if not list(layer.children())]


def _heads(layers: list[TracedLayer], answers: tuple[torch.Tensor, ...]) -> frozenset[str]:
    weighted = [layer for layer in layers if isinstance(layer.module, WEIGHTED)]
    direct = {layer.name for layer in weighted if any(layer.output is answer for answer in answers)}
    return frozenset(direct or {layer.name for layer in weighted[-1:]})
