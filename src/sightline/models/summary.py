"""Layers, output shapes and parameters of a network, without computing anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from sightline.models.building import build_layers


@dataclass(frozen=True)
class LayerSummary:
    """One layer.

    Args:
        name: Its name in the state dict.
        kind: What it is, with its sizes: ``"Conv2d 3x3, stride 1"``.
        shape: Its output's shape without the batch, (C, H, W) or (features,).
        parameters: Number of trainable parameters.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


def summarise(
    name: str, shape: tuple[int, int, int], classes: int, options: Mapping[str, Any] | None = None
) -> tuple[LayerSummary, ...]:
    """Return a network's layers from the input to the logits.

    The network is built on torch's meta device: shapes are worked out, nothing is allocated.

    Args:
        name: A name in `MODELS`.
        shape: (H, W, C) of the input.
        classes: Number of classes.
        options: The settings that this network takes besides.

    Raises:
        SettingsError: There is no such network, or the input is too small for it.
    """
    rows: list[LayerSummary] = []
    with torch.device("meta"), torch.no_grad():
        network = build_layers(name, shape, classes, options)
        for layer_name, layer in network.named_modules():
            if not list(layer.children()):
                layer.register_forward_hook(_recorder(layer_name, rows))
        height, width, channels = shape
        network.eval()(torch.empty(1, channels, height, width))
    return tuple(rows)


def _recorder(name: str, rows: list[LayerSummary]) -> Any:
    def record(layer: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        parameters = sum(parameter.numel() for parameter in layer.parameters())
        rows.append(LayerSummary(name, _kind(layer), tuple(output.shape[1:]), parameters))

    return record


def _kind(layer: nn.Module) -> str:
    kind = type(layer).__name__
    size, stride = getattr(layer, "kernel_size", None), getattr(layer, "stride", None)
    if size is None:
        return kind
    height, width = size if isinstance(size, tuple) else (size, size)
    step = stride[0] if isinstance(stride, tuple) else stride
    return f"{kind} {height}x{width}, stride {step}"
