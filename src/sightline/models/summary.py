"""Layers, output shapes, parameters, work and sight of a network, without computing anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import torch
from torch import nn

from sightline.models.building import build_layers
from sightline.models.changes.heads import auxiliary_heads
from sightline.models.measures.arithmetic import SizeNote, check_sizes
from sightline.models.measures.forward_pass import watch_shapes
from sightline.models.measures.receptive import receptive_fields


@dataclass(frozen=True)
class LayerSummary:
    """One layer.

    Args:
        name: Its name in the state dict.
        kind: What it is, with its sizes: ``"Conv2d 3x3, stride 1"``.
        shape: Its output's shape without the batch, (C, H, W) or (features,).
        parameters: Number of trainable parameters.
        multiply_adds: Multiplications, each with its addition, for one picture; of convolutions and dense layers,
            which are nearly all that there are.
        receptive_field: Side of the square of the input that one of its numbers depends on, in pixels; None in
            auxiliary heads.
        lost: What its stride leaves out; None if that is nothing.
        auxiliary: Whether only training sees it.
        follows: Whether it changes number by number what the layer before it made: an activation, a normalisation,
            dropout.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    multiply_adds: int
    receptive_field: int | None
    lost: SizeNote | None
    auxiliary: bool
    follows: bool


def summarise(
    name: str,
    shape: tuple[int, int, int],
    classes: int,
    options: Mapping[str, Any] | None = None,
    *,
    strict: bool = False,
) -> tuple[LayerSummary, ...]:
    """Return a network's layers from the input to the logits.

    The network is built on torch's meta device: shapes are worked out, nothing is allocated.

    Args:
        name: A name in `MODELS`.
        shape: (H, W, C) of the input.
        options: The settings that this network takes besides.
        strict: Whether to refuse a size that a layer does not divide evenly.

    Raises:
        SettingsError: There is no such network, the input is too small for it, or it is strict and a size does not fit.
    """
    with torch.device("meta"):
        network = build_layers(name, shape, classes, options)
    lost = {note.layer: note for note in check_sizes(network, shape, strict=strict)}
    fields = receptive_fields(network, shape)
    auxiliary = tuple(f"{part}." for part, _ in auxiliary_heads(network))
    rows: list[LayerSummary] = []

    def record(layer_name: str, layer: nn.Module, maps: torch.Tensor, output: torch.Tensor) -> None:
        work = _multiply_adds(layer, output)
        rows.append(
            LayerSummary(
                name=layer_name,
                kind=_kind(layer),
                shape=tuple(output.shape[1:]),
                parameters=sum(parameter.numel() for parameter in layer.parameters()),
                multiply_adds=work,
                receptive_field=fields[layer_name].size if layer_name in fields else None,
                lost=lost.get(layer_name),
                auxiliary=layer_name.startswith(auxiliary),
                follows=not work and not hasattr(layer, "kernel_size") and output.shape == maps.shape,
            )
        )

    watch_shapes(network, shape, after=record)
    return tuple(rows)


def folded(rows: Sequence[LayerSummary]) -> tuple[LayerSummary, ...]:
    """Put activations, normalisations and dropouts into the row of the layer that they follow.

    Args:
        rows: As `summarise` returns them.
    """
    lines: list[LayerSummary] = []
    for row in rows:
        if lines and row.follows:
            kind, parameters = f"{lines[-1].kind} + {row.kind}", lines[-1].parameters + row.parameters
            lines[-1] = replace(lines[-1], kind=kind, parameters=parameters)
        else:
            lines.append(row)
    return tuple(lines)


def _multiply_adds(layer: nn.Module, output: torch.Tensor) -> int:
    """Return one multiplication for each weight that each number of the output is made with."""
    if not isinstance(layer, nn.Conv2d | nn.Linear):
        return 0
    return prod(output.shape[1:]) * prod(layer.weight.shape[1:])


def _kind(layer: nn.Module) -> str:
    kind = type(layer).__name__
    size, stride = getattr(layer, "kernel_size", None), getattr(layer, "stride", None)
    if size is None:
        return kind
    height, width = size if isinstance(size, tuple) else (size, size)
    down = stride[0] if isinstance(stride, tuple) else stride
    return f"{kind} {height}x{width}, stride {down}"
