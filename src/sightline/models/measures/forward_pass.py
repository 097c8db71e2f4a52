"""A forward pass of shapes alone, and a look at each layer while it works."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

import torch
from torch import nn
from torch.func import functional_call
from torch.utils.hooks import RemovableHandle

NamedLayers = Iterable[tuple[str, nn.Module]]
Before = Callable[[str, nn.Module, torch.Tensor], None]
"""Takes a layer's name, the layer and its input."""
After = Callable[[str, nn.Module, torch.Tensor, torch.Tensor], None]
"""Takes a layer's name, the layer, its input and its output."""


def run_shapes(network: nn.Module, pictures: torch.Tensor, *, training: bool) -> Any:
    """Run a network on torch's meta device, wherever its weights are, and return its output there.

    No weight is copied, no number is worked out, no random number is used up, and the network is left as it is.

    Args:
        network: From (N, C, H, W) float32.
        pictures: (N, C, H, W) on the meta device.
        training: The mode to run in; auxiliary heads answer in training alone.
    """
    tensors = chain(network.named_parameters(), network.named_buffers())
    states = {name: tensor.to("meta") for name, tensor in tensors}
    modes = [(layer, layer.training) for layer in network.modules()]
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]), torch.device("meta"):
            return functional_call(network.train(training), states, (pictures,))
    finally:
        for layer, mode in modes:
            layer.training = mode


def blank(shape: tuple[int, int, int], count: int = 2) -> torch.Tensor:
    """Return pictures without values, (count, C, H, W) on the meta device.

    Two by default: batch normalisation can't be trained on a single number.
    """
    height, width, channels = shape
    return torch.empty(count, channels, height, width, device="meta")


def watch_shapes(
    network: nn.Module, shape: tuple[int, int, int], *, before: Before | None = None, after: After | None = None
) -> None:
    """Look at every layer while shapes pass a network in training mode, so that auxiliary heads are seen too.

    Args:
        network: From (N, C, H, W) float32.
        shape: (H, W, C) of the input.
        before: Called before each layer runs.
        after: Called after each layer has run.
    """
    with watched(leaves(network), before=before, after=after):
        run_shapes(network, blank(shape), training=True)


@contextmanager
def watched(layers: NamedLayers, *, before: Before | None = None, after: After | None = None) -> Iterator[None]:
    """Call `before` and `after` around each layer's work while the context lasts.

    Args:
        layers: With their names; `after` is not called for a layer that returns anything but a tensor.
        before: May raise, to stop the pass before a layer runs.
        after: Sees the layer's input and output.
    """
    handles = list(_hooks(layers, before, after))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def leaves(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the layers that hold no others, with their names, as they were registered; identities are left out."""
    return [
        (name, layer)
        for name, layer in network.named_modules()
        if not list(layer.children()) and not isinstance(layer, nn.Identity)
    ]


def parts(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return every module inside a network with its name, blocks and layers alike."""
    return [(name, part) for name, part in network.named_modules() if name]


def _hooks(layers: NamedLayers, before: Before | None, after: After | None) -> Iterator[RemovableHandle]:
    for name, layer in layers:
        if before is not None:
            yield layer.register_forward_pre_hook(_before(name, before))
        if after is not None:
            yield layer.register_forward_hook(_after(name, after))


def _before(name: str, look: Before) -> Any:
    def hook(layer: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        look(name, layer, inputs[0])

    return hook


def _after(name: str, look: After) -> Any:
    def hook(layer: nn.Module, inputs: tuple[torch.Tensor, ...], output: Any) -> None:
        if isinstance(output, torch.Tensor):
            look(name, layer, inputs[0], output)

    return hook
