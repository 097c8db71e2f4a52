"""How each technique is put into a network that is built already."""

from collections.abc import Callable
from math import prod
from typing import Any

from torch import nn

from sightline.core.errors import SettingsError
from sightline.models.changes.activations import ACTIVATIONS
from sightline.models.changes.initialisation import fill, gain_of
from sightline.models.changes.pooling import pool_like
from sightline.models.changes.surgery import in_chain, is_chain, put_after, put_before, replace
from sightline.models.changes.variations import AUTO, Variation
from sightline.models.measures.trace import ACTIVATION, Step, traced
from sightline.models.measures.windows import StridedConvolution

Shape = tuple[int, int, int]
Part = Callable[[Any, nn.Module, Shape, str], None]
NORMALISATION = nn.BatchNorm1d | nn.BatchNorm2d
POOL = nn.MaxPool2d | nn.AvgPool2d
RECTIFIERS = tuple(getattr(nn, entry.kind) for entry in ACTIVATIONS.values() if entry.rectifies)


def vary(layers: nn.Module, shape: Shape, variation: Variation, *, model: str = "this network") -> nn.Module:
    """Apply a variation to a network with fresh weights, part by part; each part sees what those before it made.

    The names of the author's layers stay as they are. Weights are drawn from torch's current seed.
    Batch normalisation needs two pictures a batch or more in training, as torch's layer does.

    Args:
        layers: A module from (N, C, H, W) to logits, changed in place; it may be on the meta device.
        shape: (H, W, C) of its input.
        variation: What is changed.
        model: The network's name, for the message.

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
        (_drop, variation.dropout, AUTO),
        (_initialise, variation.initialisation, AUTO),
        (_set_biases, variation.initial_bias, 0),
    ]
    return [(part, value) for part, value, untouched in parts if value != untouched]


def _pool(name: str, layers: nn.Module, shape: Shape, model: str) -> None:
    pools = [step for step in traced(layers, shape).steps if isinstance(step.layer, POOL)]
    if name == "stride":
        pools = [step for step in pools if _shrinks(step)]
    if not pools:
        raise _nothing(model, f"pooling={name}", "no pooling layer to replace")
    for step in pools:
        if isinstance(step.layer, POOL):
            replace(layers, step.name, pool_like(name, step.layer, step.read.shape[1]))


def _shrinks(step: Step) -> bool:
    """Return whether a pool takes steps of more than one pixel."""
    stride = step.layer.stride
    return (stride if isinstance(stride, int) else prod(stride)) > 1  # type: ignore[arg-type]


def _activate(name: str, layers: nn.Module, shape: Shape, model: str) -> None:
    activations = [step for step in traced(layers, shape).steps if isinstance(step.layer, ACTIVATION)]
    if not activations:
        raise _nothing(model, f"activation={name}", "no activation to replace")
    for step in activations:
        replace(layers, step.name, ACTIVATIONS[name].build())


def _normalise(name: str, layers: nn.Module, shape: Shape, model: str) -> None:
    """Put a normalisation after each hidden layer: as its neighbour, or inside a block, before its activation."""
    trace = traced(layers, shape)
    if any(isinstance(step.layer, NORMALISATION) for step in trace.steps):
        raise SettingsError(
            f"{model} has batch normalisation already, where its authors put it",
            hint="leave normalisation=auto",
        )
    places = []
    for step in trace.weighted():
        reader = trace.reader(step)
        if step.name not in trace.heads and in_chain(layers, step.name):
            places.append((put_after, step.name, step))
        elif step.name not in trace.heads and reader and isinstance(reader.layer, ACTIVATION):
            places.append((put_before, reader.name, step))
    if not places:
        raise _nothing(model, f"normalisation={name}", "no hidden layer to normalise")
    for put, place, step in places:
        put(layers, place, _normalisation_for(step), label="norm")


def _normalisation_for(step: Step) -> nn.Module:
    features = step.gave.shape[1]
    return nn.BatchNorm2d(features) if isinstance(step.layer, nn.Conv2d) else nn.BatchNorm1d(features)


def _drop(rate: float, layers: nn.Module, shape: Shape, model: str) -> None:
    own = [layer for layer in layers.modules() if isinstance(layer, nn.Dropout)]
    for layer in own:
        layer.p = rate
    if own or rate == 0:  # a network without dropout has a rate of zero as it is
        return
    trace = traced(layers, shape)
    dense = [step for step in trace.weighted()[1:] if isinstance(step.layer, nn.Linear)]
    if not dense:
        raise _nothing(model, f"dropout={rate}", "no dense layer but the one that reads the pixels")
    for step in dense:
        before = trace.before(step)
        if in_chain(layers, step.name) or before is None:
            put_before(layers, step.name, nn.Dropout(rate), label="dropout")
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
    pools = [step for step in traced(layers, shape).steps if isinstance(step.layer, kinds) and _shrinks(step)]
    if not pools:
        raise _nothing(model, f"channel_dropout={rate}", "neither pooling layers nor stages of blocks")
    for step in pools:
        put_after(layers, step.name, nn.Dropout2d(rate), label="channel_dropout")


def _is_stage(layer: nn.Module) -> bool:
    """Return whether a layer is a chain of blocks, as ``layer1`` of a ResNet is."""
    blocks = is_chain(layer) and all(list(block.children()) for block in layer.children())
    return blocks and any(isinstance(part, nn.Conv2d) for part in layer.modules())


def _initialise(name: str, layers: nn.Module, shape: Shape, _model: str) -> None:
    trace = traced(layers, shape)
    for step in trace.weighted():
        if isinstance(step.layer, nn.Conv2d | nn.Linear) and not step.layer.weight.is_meta:
            fill(step.layer.weight, name, gain=gain_of(trace.activation(step)))
            if step.layer.bias is not None:
                nn.init.zeros_(step.layer.bias)


def _set_biases(value: float, layers: nn.Module, shape: Shape, model: str) -> None:
    """Set the biases in front of ReLU and its relatives, but where a normalisation would take them away again."""
    trace = traced(layers, shape)
    biases = []
    for step in trace.weighted():
        reader, bias = trace.reader(step), step.layer.bias
        rectified = isinstance(trace.activation(step), RECTIFIERS)
        if rectified and isinstance(bias, nn.Parameter) and not (reader and isinstance(reader.layer, NORMALISATION)):
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
