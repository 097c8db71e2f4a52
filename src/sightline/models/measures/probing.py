"""Looking into a network: its first filters, its layers, and what they make of one picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn.functional import adaptive_avg_pool2d

from sightline.imaging.photo import Pixels
from sightline.models.measures.forward_pass import blank, parts, run_shapes, watched
from sightline.models.measures.receptive import PICTURE_DIMENSIONS, ReceptiveField, receptive_fields

Floats = npt.NDArray[np.float32]
Weighted = (nn.Conv2d, nn.Linear)
Plain = (nn.modules.batchnorm._NormBase, nn.modules.dropout._DropoutNd, nn.Flatten, nn.Identity, nn.LocalResponseNorm)  # noqa: SLF001 - torch's own families have no public name
"""Layers whose output looks like their input's: never shown as a picture."""
MOST_LAYERS, MOST_MAPS, LARGEST_MAP = 24, 16, 64
SQUARE_STRIP, WIDE_STRIP, MOST_IN_A_SQUARE = 32, 128, 1024


@dataclass(frozen=True, eq=False)
class Filters:
    """The first layer's weights as pictures.

    Args:
        layer: The layer's name in the network.
        weights: (F, C, h, w) float32.
    """

    layer: str
    weights: Floats


@dataclass(frozen=True)
class ProbedLayer:
    """One module of a network.

    Args:
        name: Its name in the state dict.
        kind: The name of its class, such as ``"Conv2d"``.
        shape: Its output's shape without the batch, (C, H, W) or (features,).
        parameters: How many numbers in it are learnt.
        field: What one of its units sees.
        leaf: Whether it holds no other module.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    field: ReceptiveField
    leaf: bool


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """What a layer made of one picture.

    Args:
        layer: The layer that made the maps.
        channels: (n,) which of its channels, the strongest first; empty for a dense layer.
        maps: (n, h, w) float32, reduced to 64 pixels a side at most. A dense layer has one map with a
            square a unit, row by row; squares beyond its last unit are NaN.
    """

    layer: ProbedLayer
    channels: tuple[int, ...]
    maps: Floats


def first_filters(layers: nn.Module, shape: tuple[int, int, int]) -> Filters:
    """Return the weights of the first convolution, or of the first dense layer in the input's shape.

    Args:
        layers: Takes (N, C, H, W) float32.
        shape: (H, W, C) of its input.

    Raises:
        ValueError: It has neither.
    """
    height, width, channels = shape
    for name, layer in layers.named_modules():
        if isinstance(layer, Weighted):
            weights = layer.weight.detach().float().cpu().numpy()
            flat = weights.reshape(-1, channels, height, width) if isinstance(layer, nn.Linear) else weights
            return Filters(name, flat)
    raise ValueError("the network has no convolution and no dense layer")


def probed_layers(layers: nn.Module, shape: tuple[int, int, int]) -> tuple[ProbedLayer, ...]:
    """Return every module that a picture passes, blocks included, without computing anything.

    Args:
        layers: Takes (N, C, H, W) float32.
        shape: (H, W, C) of its input.
    """
    fields = receptive_fields(layers, shape)
    rows: list[ProbedLayer] = []

    def note(name: str, layer: nn.Module, _input: torch.Tensor, output: torch.Tensor) -> None:
        rows.append(
            ProbedLayer(
                name=name,
                kind=type(layer).__name__,
                shape=tuple(output.shape[1:]),
                parameters=sum(weight.numel() for weight in layer.parameters() if weight.requires_grad),
                field=fields[name],
                leaf=not any(layer.children()),
            )
        )

    with watched(parts(layers), after=note):
        run_shapes(layers, blank(shape, count=1), training=False)
    return tuple(rows)


def shown_layers(
    layers: nn.Module, shape: tuple[int, int, int], *, most: int = MOST_LAYERS
) -> tuple[tuple[ProbedLayer, ...], int]:
    """Choose the layers whose maps are worth a look, from the first to the last.

    As deep as it goes with at most so many: first every convolution, activation and pool; then those
    without the convolutions, since an activation follows; then whole blocks.

    Args:
        layers: Takes (N, C, H, W) float32.
        shape: (H, W, C) of its input.
        most: How many to choose at most.

    Returns:
        The chosen layers, and how many of those that give a picture were left out.
    """
    plain = {name for name, layer in layers.named_modules() if isinstance(layer, Plain)}
    weighted = {name for name, layer in layers.named_modules() if isinstance(layer, Weighted)}
    rows = [row for row in probed_layers(layers, shape) if row.name not in plain and prod(row.shape[-2:]) > 1]
    every = sum(row.leaf for row in rows)
    deepest = max((row.name.count(".") for row in rows), default=0)
    for depth in range(deepest, -1, -1):
        level = [row for row in rows if (row.leaf and row.name.count(".") <= depth) or row.name.count(".") == depth]
        for chosen in (level, [row for row in level if row.name not in weighted]):
            if 0 < len(chosen) <= most:
                return tuple(chosen), every - sum(row.leaf for row in chosen)
    places = np.unique(np.linspace(0, len(rows) - 1, most).round().astype(int)) if rows else ()
    return tuple(rows[place] for place in places), max(0, every - len(places))


def activation_maps(
    network: nn.Module, pixels: Pixels, *, prefix: str, shown: Sequence[ProbedLayer]
) -> list[LayerMaps]:
    """Return what some layers make of one picture.

    Args:
        network: In eval mode; takes (N, H, W, C) uint8.
        pixels: (H, W, C) uint8, as the model's input format makes them.
        prefix: Stands before the layers' names in the network, such as ``"network."``.
        shown: The layers to look at, some of `probed_layers`.
    """
    wanted = {f"{prefix}{layer.name}": layer for layer in shown}
    maps: list[LayerMaps] = []

    def note(name: str, _layer: nn.Module, _input: torch.Tensor, output: torch.Tensor) -> None:
        if name in wanted:
            maps.append(_maps(wanted[name], output[0].detach().float().cpu()))

    with watched(parts(network), after=note), torch.no_grad():
        network(torch.from_numpy(np.ascontiguousarray(pixels))[None])
    return maps


def _maps(layer: ProbedLayer, output: torch.Tensor) -> LayerMaps:
    if output.ndim + 1 != PICTURE_DIMENSIONS:
        return LayerMaps(layer, (), _strip(output.flatten().numpy()))
    strongest = output.abs().mean(dim=(1, 2)).argsort(descending=True, stable=True)[:MOST_MAPS]
    maps = output[strongest]
    if max(maps.shape[1:]) > LARGEST_MAP:
        maps = adaptive_avg_pool2d(maps, (min(maps.shape[1], LARGEST_MAP), min(maps.shape[2], LARGEST_MAP)))
    return LayerMaps(layer, tuple(strongest.tolist()), maps.numpy().copy())


def _strip(units: Floats) -> Floats:
    """Return a vector as one map with a square a unit."""
    columns = SQUARE_STRIP if len(units) <= MOST_IN_A_SQUARE else WIDE_STRIP
    strip = np.full((-(-len(units) // columns), columns), np.nan, dtype=np.float32)
    strip.flat[: len(units)] = units
    return strip[None]
