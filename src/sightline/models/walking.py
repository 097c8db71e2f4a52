"""Sending shapes through a network without computing anything."""

from collections.abc import Callable
from itertools import chain
from typing import Any

import torch
from torch import nn
from torch.func import functional_call

Before = Callable[[str, nn.Module, torch.Tensor], None]
After = Callable[[str, nn.Module, torch.Tensor, torch.Tensor], None]
AUXILIARY = "is_auxiliary_head"


def walk(
    network: nn.Module, shape: tuple[int, int, int], *, before: Before | None = None, after: After | None = None
) -> None:
    """Send a batch of shapes through a network in training mode, so that auxiliary heads are met too.

    Everything happens on torch's meta device: no weight is copied, no number is worked out, and the network is left
    as it is.

    Args:
        network: From (N, C, H, W) float32.
        shape: (H, W, C) of the input.
        before: Called with each layer's name, the layer and its input.
        after: Called with each layer's name, the layer, its input and its output.
    """
    height, width, channels = shape
    tensors = chain(network.named_parameters(), network.named_buffers())
    states = {name: tensor.to("meta") for name, tensor in tensors}
    modes = {layer: layer.training for layer in network.modules()}
    hooks = list(_hooks(network, before, after))
    try:
        with torch.no_grad():  # two pictures: batch normalisation can't be trained on a single number
            functional_call(network.train(), states, (torch.empty(2, channels, height, width, device="meta"),))
    finally:
        for hook in hooks:
            hook.remove()
        for layer, training in modes.items():
            layer.training = training


def leaves(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the layers that hold no others, with their names, as they were registered; identities are left out."""
    return [
        (name, layer)
        for name, layer in network.named_modules()
        if not list(layer.children()) and not isinstance(layer, nn.Identity)
    ]


def auxiliary_heads(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """Return the parts that only training sees, with their names."""
    return [(name, part) for name, part in network.named_modules() if getattr(part, AUXILIARY, False)]


def _hooks(network: nn.Module, before: Before | None, after: After | None) -> Any:
    for name, layer in leaves(network):
        if before is not None:
            yield layer.register_forward_pre_hook(_before(name, before))
        if after is not None:
            yield layer.register_forward_hook(_after(name, after))


def _before(name: str, look: Before) -> Any:
    def hook(layer: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        look(name, layer, inputs[0])

    return hook


def _after(name: str, look: After) -> Any:
    def hook(layer: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        look(name, layer, inputs[0], output)

    return hook
