"""Sending shapes through a network without computing anything."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

import torch
from torch import nn
from torch.func import functional_call

Before = Callable[[str, nn.Module, torch.Tensor], None]
After = Callable[[str, nn.Module, torch.Tensor, torch.Tensor], None]
AUXILIARY = "is_auxiliary_head"


def run_shapes(network: nn.Module, pictures: torch.Tensor, *, training: bool) -> Any:
    """Run a network on torch's meta device, wherever its weights are, and return what it gives there.

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


def walk(
    network: nn.Module, shape: tuple[int, int, int], *, before: Before | None = None, after: After | None = None
) -> None:
    """Look at every layer while shapes go through a network in training mode, so that auxiliary heads are met too.

    Args:
        network: From (N, C, H, W) float32.
        shape: (H, W, C) of the input.
        before: Called with each layer's name, the layer and its input.
        after: Called with each layer's name, the layer, its input and its output.
    """
    hooks = list(_hooks(network, before, after))
    try:
        run_shapes(network, blank(shape), training=True)
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def noting(network: nn.Module, note: Callable[[str, nn.Module, torch.Tensor], None]) -> Iterator[None]:
    """Call `note` with (name, module, output) after each module inside; the hooks go with the context."""

    def hook(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def after(layer: nn.Module, _inputs: Any, output: Any) -> None:
            if isinstance(output, torch.Tensor):
                note(name, layer, output)

        return after

    handles = [layer.register_forward_hook(hook(name)) for name, layer in network.named_modules() if name]
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
