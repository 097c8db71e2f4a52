"""What goes through the layers: the spread of activations and gradients, dead and saturated units."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from sightline.core.findings import Finding
from sightline.training.preflight.setup import Measured, Setup, learner_of, warning
from sightline.training.thresholds import threshold
from sightline.training.watchers.histograms import ACTIVATIONS, UnitWatch
from sightline.training.watchers.layers import watched_layers

SAMPLES = 32
LEAST_UNITS = 4
"""Of a layer whose dead units are told."""
SHOWN = 5


@dataclass(frozen=True)
class LayerSignal:
    """One layer at the beginning.

    Args:
        deviation: Of its outputs on some training samples.
        relative_gradient: The length of its weight's gradient in the weight's own; None where it has no weight.
        dead: The share of its units that are zero on every sample; None where units can't die.
        saturated: The share of its outputs within 0.05 of an end; None where there are no ends.
        units: How many it has.
    """

    name: str
    deviation: float
    relative_gradient: float | None
    dead: float | None
    saturated: float | None
    units: int


def signals(setup: Setup) -> Measured:
    """Let some samples go forward and back, once.

    Reference:
        Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010),
        section 3.2, saturation, and 4.2, gradients. https://proceedings.mlr.press/v9/glorot10a.html
    """
    with setup.copied() as network:
        layers = layer_signals(setup, network)
    weighted = [layer for layer in layers if layer.relative_gradient is not None]
    findings = [*_dead(layers), *_saturated(layers), *_vanishing(weighted), *_exploding(weighted)]
    line = f"{len(layers)} layers" + (
        f"; deviations from {weighted[0].deviation:.3g} in the first to {weighted[-1].deviation:.3g} in the last"
        if weighted
        else ""
    )
    return Measured(line, {"layers": [vars(layer) for layer in layers]}, tuple(findings))


def layer_signals(setup: Setup, network: nn.Module) -> list[LayerSignal]:
    """Return every layer's signal, in the network's order; the network is a copy, whose gradients are overwritten."""
    layers, _ = watched_layers(network)
    units = {name: UnitWatch(layer) for name, layer in layers.items()}
    outputs: dict[str, tuple[float, int]] = {}

    def hook(name: str) -> Any:
        def look(_layer: nn.Module, _given: object, output: torch.Tensor) -> None:
            values = output.detach()
            outputs[name] = (float(values.double().std(correction=0)), values.shape[1] if values.ndim > 1 else 1)
            units[name].look(values)

        return look

    for name, layer in layers.items():
        layer.register_forward_hook(hook(name))
    learner_of(network.train(), setup.plain(rate=1e-3, optimizer="sgd")).gradients(setup.batch(SAMPLES))
    return [
        LayerSignal(name, outputs[name][0], _relative(layer), units[name].dead, units[name].saturated, outputs[name][1])
        for name, layer in layers.items()
        if name in outputs
    ]


def _relative(layer: nn.Module) -> float | None:
    weight = getattr(layer, "weight", None)
    if isinstance(layer, ACTIVATIONS) or not isinstance(weight, nn.Parameter) or weight.grad is None:
        return None
    return float(weight.grad.norm() / weight.detach().norm().clamp(min=1e-30))


def _dead(layers: list[LayerSignal]) -> list[Finding]:
    least = threshold("dead-units")
    found = [layer for layer in layers if layer.units >= LEAST_UNITS and (layer.dead or 0) >= least]
    return _finding(
        "dead-units",
        found,
        [f"{layer.dead:.0%} of its {layer.units} units are zero on all samples" for layer in found],
        "take smaller first weights or a leaky activation (activation=leaky-relu), and centred pictures",
    )


def _saturated(layers: list[LayerSignal]) -> list[Finding]:
    found = [layer for layer in layers if (layer.saturated or 0) >= threshold("saturated-units")]
    return _finding(
        "saturated-units",
        found,
        [
            f"{layer.saturated:.0%} of its outputs lie within 0.05 of an end, where the slope is nearly zero"
            for layer in found
        ],
        "take smaller first weights (initialisation=xavier), or activation=relu",
    )


def _vanishing(weighted: list[LayerSignal]) -> list[Finding]:
    reached = [layer for layer in weighted if layer.relative_gradient]
    if len(reached) < 2:  # noqa: PLR2004 - nothing to compare
        return []
    first, last = reached[0], reached[-1]
    ratio = (first.relative_gradient or 0) / (last.relative_gradient or 1)
    if ratio >= threshold("vanishing"):
        return []
    words = f"its gradient, in lengths of its weights, is {ratio:.1g} times that of {last.name}"
    advice = "take activation=relu, normalisation=batch, or a network with shortcuts"
    return _finding("vanishing-gradients", [first], [words], advice)


def _exploding(weighted: list[LayerSignal]) -> list[Finding]:
    most = threshold("signal-spread")
    found = [layer for layer in weighted if not layer.deviation <= most * max(weighted[0].deviation, 1e-12)]
    return _finding(
        "exploding-signals",
        found,
        [
            f"its outputs have deviation {layer.deviation:.3g}; the first layer's {weighted[0].deviation:.3g}"
            for layer in found
        ],
        "take smaller first weights (initialisation=he), or normalisation=batch",
    )


def _finding(code: str, found: list[LayerSignal], words: list[str], advice: str) -> list[Finding]:
    if not found:
        return []
    more = f", and {len(found) - 1} more layers alike" if len(found) > 1 else ""
    evidence = tuple(f"{layer.name}: {line}" for layer, line in zip(found, words, strict=True))
    return [warning(code, f"{found[0].name}: {words[0]}{more}", advice, evidence)]
