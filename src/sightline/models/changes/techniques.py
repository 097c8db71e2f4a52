"""How each technique is put into a network that is built already."""

from collections.abc import Callable
from math import prod
from typing import Any

from torch import nn

from sightline.core.errors import SettingsError
from sightline.core.rules import AUTO
from sightline.models.changes.activations import ACTIVATIONS
from sightline.models.changes.initialisation import gain_of, initialise
from sightline.models.changes.insertion import in_chain, is_chain, put_after, put_before, replace
from sightline.models.changes.pooling import pool_like
from sightline.models.changes.variation import Variation
from sightline.models.changes.window_layers import StridedConvolution
from sightline.models.measures.trace import ACTIVATION, TracedLayer, traced

Shape = tuple[int, int, int]
Part = Callable[[Any, nn.Module, Shape, str], None]
NORMALISATION = nn.BatchNorm1d | nn.BatchNorm2d
POOL = nn.MaxPool2d | nn.AvgPool2d
RECTIFIERS = (*(getattr(nn, entry.kind) for entry in ACTIVATIONS.values() if entry.rectifies), nn.ReLU6)


def vary(layers: nn.Module, shape: Shape, variation: Variation, *, model: str = "this network") -> nn.Module:
    """Apply a variation to a network with fresh weights, part by part; each part sees what those before it made.

    The names of the author's layers stay as they are. Weights are drawn from torch's current seed.
    Batch normalisation needs two pictures a batch or more in training, as torch's layer does.

    Args:
        layers: A module from (N, C, H, W) to logits, changed in place; it may be on the meta device.
        shape: (H, W, C) of its input.
        model: The network's name, for error messages.

    Returns:
        The same module.

    Raises:
        SettingsError: The network has nothing that a part of the variation could change, or has batch
            normalisation already.
    """
    problems = []
    for part, value in _wanted(variation):
        try:
            part(value, layers, shape, model)
        except SettingsError as error:
            problems.append(error)
    if problems:
        raise SettingsError(
            "; ".join(error.problem for error in problems),
            hint="; ".join(error.hint for error in problems) + f"; or take another network than {model}",
        )
    return layers


def _wanted(variation: Variation) -> list[tuple[Part, Any]]:
    """Return the parts that change something, in an order in which each sees what it has to see.

    Channel dropout comes before normalisation, which so lands between a strided convolution and it.
    """
    parts: list[tuple[Part, Any, Any]] = [
        (_pool, variation.pooling, AUTO),
        (_activate, variation.activation, AUTO),
        (_drop_channels, variation.channel_dropout, 0),
        (_normalise, variation.normalisation, AUTO),
        (_drop, variation.dropout, None),
        (_initialise, variation.initialisation, AUTO),
        (_set_biases, variation.initial_bias, 0),
    ]
    return [(part, value) for part, value, untouched in parts if value != untouched]


def _pool(name: str, layers: nn.Module, shape: Shape, model: str) -> None:
    pools = [layer for layer in traced(layers, shape).layers if isinstance(layer.module, POOL)]
    if name == "stride":
        pools = [layer for layer in pools if _shrinks(layer)]
    if not pools:
        raise _nothing(model, f"pooling={name}", "no pooling layer to replace")
    for layer in pools:
        if isinstance(layer.module, POOL):
            replace(layers, layer.name, pool_like(name, layer.module, layer.input.shape[1]))


def _shrinks(layer: TracedLayer) -> bool:
    """Return whether a pool takes steps of more than one pixel."""
    stride = layer.module.stride
    return (stride if isinstance(stride, int) else prod(stride)) > 1  # type: ignore[arg-type]


def _activate(name: str, layers: nn.Module, shape: Shape, model: str) -> None:
    activations = [layer for layer in traced(layers, shape).layers if isinstance(layer.module, ACTIVATION)]
    if not activations:
        raise _nothing(model, f"activation={name}", "no activation to replace")
    for layer in activations:
        replace(layers, layer.name, ACTIVATIONS[name].build())


def _normalise(name: str, layers: nn.Module, shape: Shape, model: str) -> None:
    """Put a normalisation after each hidden layer: as its neighbour, or inside a block, before its activation."""
    trace = traced(layers, shape)
    if any(isinstance(layer.module, NORMALISATION) for layer in trace.layers):
        raise SettingsError(
            f"{model} has batch normalisation already, where its authors put it",
            hint="leave normalisation=auto",
        )
    places = []
    for layer in trace.weighted():
        reader = trace.reader(layer)
        if layer.name not in trace.heads and in_chain(layers, layer.name):
            places.append((put_after, layer.name, layer))
        elif layer.name not in trace.heads and reader and isinstance(reader.module, ACTIVATION):
            places.append((put_before, reader.name, layer))
    if not places:
        raise _nothing(model, f"normalisation={name}", "no hidden layer to normalise")
    for put, place, layer in places:
        put(layers, place, _normalisation_for(layer), label="norm")


def _normalisation_for(layer: TracedLayer) -> nn.Module:
    features = layer.output.shape[1]
    return nn.BatchNorm2d(features) if isinstance(layer.module, nn.Conv2d) else nn.BatchNorm1d(features)


def _drop(rate: float, layers: nn.Module, shape: Shape, model: str) -> None:
    own = [module for module in layers.modules() if isinstance(module, nn.Dropout)]
    for module in own:
        module.p = rate
    if own or rate == 0:  # a network without dropout has a rate of zero as it is
        return
    trace = traced(layers, shape)
    dense = [layer for layer in trace.weighted()[1:] if isinstance(layer.module, nn.Linear)]
    if not dense:
        raise _nothing(model, f"dropout={rate}", "no dense layer but the one that reads the pixels")
    for layer in dense:
        before = trace.before(layer)
        if in_chain(layers, layer.name) or before is None:
            put_before(layers, layer.name, nn.Dropout(rate), label="dropout")
        else:
            put_after(layers, before.name, nn.Dropout(rate), label="dropout")


def _drop_channels(rate: float, layers: nn.Module, shape: Shape, model: str) -> None:
    stages = [name for name, layer in layers.named_children() if _is_stage(layer)]
    for name in stages:
        last = [key for key, _ in layers.get_submodule(name).named_children()][-1]
        put_after(layers, f"{name}.{last}", nn.Dropout2d(rate), label="channel_dropout")
    if stages:
        return
    kinds = POOL | StridedConvolution
    pools = [layer for layer in traced(layers, shape).layers if isinstance(layer.module, kinds) and _shrinks(layer)]
    if not pools:
        raise _nothing(model, f"channel_dropout={rate}", "neither pooling layers nor stages of blocks")
    for layer in pools:
        put_after(layers, layer.name, nn.Dropout2d(rate), label="channel_dropout")


def _is_stage(layer: nn.Module) -> bool:
    """Return whether a layer is a chain of blocks, as ``layer1`` of a ResNet is."""
    blocks = is_chain(layer) and all(list(block.children()) for block in layer.children())
    return blocks and any(isinstance(part, nn.Conv2d) for part in layer.modules())


def _initialise(name: str, layers: nn.Module, shape: Shape, _model: str) -> None:
    trace = traced(layers, shape)
    for layer in trace.weighted():
        if isinstance(layer.module, nn.Conv2d | nn.Linear) and not layer.module.weight.is_meta:
            initialise(layer.module.weight, name, gain=gain_of(trace.activation(layer)))
            if layer.module.bias is not None:
                nn.init.zeros_(layer.module.bias)


def _set_biases(value: float, layers: nn.Module, shape: Shape, model: str) -> None:
    """Set the biases in front of ReLU and its relatives, but where a normalisation would take them away again."""
    trace = traced(layers, shape)
    biases = []
    for layer in trace.weighted():
        reader, bias = trace.reader(layer), layer.module.bias
        rectified = isinstance(trace.activation(layer), RECTIFIERS)
        if rectified and isinstance(bias, nn.Parameter) and not (reader and isinstance(reader.module, NORMALISATION)):
            biases.append(bias)
    if not biases:
        raise _nothing(
            model,
            f"initial_bias={value}",
            "no bias that a ReLU reads (batch normalisation takes biases away)",
        )
    for bias in biases:
        nn.init.constant_(bias, value)


def _nothing(model: str, setting: str, lack: str) -> SettingsError:
    name = setting.partition("=")[0]
    return SettingsError(
        f"{setting} would change nothing: {model} has {lack}",
        hint=f"leave {name} at its default",
    )
