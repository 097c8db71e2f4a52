"""``sightline summary``."""

from collections.abc import Iterable, Iterator, Sequence
from functools import singledispatch
from textwrap import fill
from typing import TYPE_CHECKING

import click

from sightline.app.streams import say
from sightline.line.methods.network.summary import NetworkSummary
from sightline.line.methods.pipeline.summary import PipelineSummary
from sightline.line.summary import LARGEST_SIDE

if TYPE_CHECKING:
    from sightline.models.summary import LayerSummary

EXAMPLES = """\b
Examples:
  sightline summary resnet50 --input 224x224x3 --classes 1000
  sightline summary mlp --input 28x28x1 --set hidden=128,64"""
MOST_LINES = 40
WIDTH = 120
TITLES = ("layer", "kind", "output", "parameters", "multiply-adds", "sees")
MILLION = 1_000_000


@click.command(epilog=EXAMPLES)
@click.argument("name")
@click.option("--input", "size", default="32x32x3", show_default=True, metavar="HxWxC", help="The input's shape.")
@click.option(
    "--classes", type=click.IntRange(2), default=10, show_default=True, metavar="N", help="Number of classes."
)
@click.option("--set", "assigned", multiple=True, metavar="KEY=VALUE", help="A setting of the network, such as hidden.")
@click.option("--all", "every", is_flag=True, help="A line for every layer, in large networks too.")
def command(name: str, size: str, classes: int, assigned: tuple[str, ...], *, every: bool) -> None:
    """Show a network's layers with output shape, parameters, work and receptive field; nothing is computed.

    Multiply-adds are those of convolutions and dense layers for one picture. A layer sees a square of the input,
    its receptive field, with this side in pixels. In networks of more than 40 layers, normalisations and activations
    stand in the line of the layer before them. Of a classical pipeline, the parts are shown.
    """
    from sightline.app.api.summary import summary
    from sightline.app.arguments import assignments

    for line in _lines(summary(name, shape=_shape(size), classes=classes, **assignments(assigned)), every=every):
        say(line)


@singledispatch
def _lines(summary: object, *, every: bool) -> Iterator[str]:
    """Yield a summary as text; each kind of summary has a function of its own."""
    raise NotImplementedError(f"{type(summary).__name__} has no lines, with every={every}")


@_lines.register
def _network_lines(summary: NetworkSummary, *, every: bool) -> Iterator[str]:
    from sightline.models.summary import folded

    shown = summary.layers if every or len(summary.layers) <= MOST_LINES else folded(summary.layers)
    yield from _table(summary.shape, shown)
    yield from _losses(summary.layers)
    if summary.remark:
        yield summary.remark
    yield _totals(summary)


@_lines.register
def _pipeline_lines(summary: PipelineSummary, *, every: bool) -> Iterator[str]:  # noqa: ARG001 - parts are few
    rows = [("part", "output"), ("input", "x".join(map(str, summary.shape))), *summary.parts]
    width = max(len(part) for part, _ in rows)
    for part, output in (*rows, ("scores", f"{summary.classes} classes")):
        yield f"{part:<{width}}  {output}"


def _table(shape: tuple[int, ...], layers: Sequence["LayerSummary"]) -> Iterable[str]:
    rows = [TITLES, ("input", "", "x".join(map(str, shape)), "", "", "")]
    rows += [
        (
            layer.name,
            layer.kind,
            _spatial(layer.shape),
            f"{layer.parameters:,}",
            _short(layer.multiply_adds),
            _field(layer),
        )
        for layer in layers
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(TITLES))]
    for row in rows:
        left = [text.ljust(width) for text, width in zip(row[:3], widths[:3], strict=True)]
        right = [text.rjust(width) for text, width in zip(row[3:], widths[3:], strict=True)]
        yield "  ".join(left + right)


def _losses(layers: Sequence["LayerSummary"]) -> Iterable[str]:
    """Say which layers' strides do not come out even, those that lose the same together."""
    names: dict[str, list[str]] = {}
    for layer in layers:
        if layer.lost is not None:
            names.setdefault(str(layer.lost), []).append(layer.name)
    for loss, losers in names.items():
        yield fill(f"{loss}: {', '.join(losers)}", WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _totals(summary: NetworkSummary) -> str:
    text = f"{summary.parameters:,} parameters, {_short(summary.multiply_adds)} multiply-adds a picture"
    auxiliary = summary.auxiliary_parameters
    return f"{text}; {auxiliary:,} more parameters in auxiliary heads, for training only" if auxiliary else text


def _short(count: int) -> str:
    return f"{count / MILLION:,.1f} M" if count >= MILLION else f"{count:,}"


def _field(layer: "LayerSummary") -> str:
    if layer.receptive_field is None:
        return "-"
    return str(layer.receptive_field) if len(layer.shape) > 1 else "all"


def _spatial(shape: tuple[int, ...]) -> str:
    """Return (C, H, W) as HxWxC, as the input is written."""
    return "x".join(map(str, (*shape[1:], shape[0])))


def _shape(text: str) -> tuple[int, int, int]:
    from sightline.core.errors import SettingsError

    sides = text.lower().split("x")
    if len(sides) != 3 or not all(side.isdecimal() and 0 < int(side) <= LARGEST_SIDE for side in sides):  # noqa: PLR2004
        raise SettingsError(f"--input {text} is no height x width x channels", hint="for example: --input 32x32x3")
    height, width, channels = map(int, sides)
    return height, width, channels
