"""What the first layer reads: samples that differ, channels that vary, values around zero of a width near one."""

from dataclasses import dataclass

import torch
from torch import nn

from sightline.core.findings import Finding, Severity
from sightline.core.text import listed
from sightline.training.preflight.setup import Measured, Setup, warning
from sightline.training.thresholds import threshold

SAMPLES, SHOWN = 64, 5
WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
HALF = 0.5
ADVICE = "let the training part's mean and deviation make it, once: centre=channel, scale=deviation"


@dataclass(frozen=True)
class InputFigures:
    """What the first layer with weights reads of some samples, channel by channel.

    Args:
        means: One a channel; one in all where samples are rows of features.
        deviations: Standard deviations, as many as means.
        alike: Whether all samples are the same.
    """

    means: tuple[float, ...]
    deviations: tuple[float, ...]
    low: float
    high: float
    alike: bool

    @classmethod
    def of(cls, values: torch.Tensor) -> "InputFigures":
        """Return the figures of (n, C, ...) values, or of (n, F), which are one channel."""
        values = values.detach().double().cpu()
        channels = values.transpose(0, 1).flatten(1) if values.ndim > 2 else values.reshape(1, -1)  # noqa: PLR2004
        return cls(
            tuple(channels.mean(dim=1).tolist()),
            tuple(channels.std(dim=1, correction=0).tolist()),
            float(values.min()),
            float(values.max()),
            alike=len(values) > 1 and bool((values == values[:1]).all()),
        )


def inputs(setup: Setup) -> Measured:
    """Look at what the first layer reads.

    Reference:
        LeCun, Bottou, Orr and Müller, "Efficient BackProp" (1998), section 4.3.
        https://doi.org/10.1007/3-540-49430-8_2
    """
    broken = _not_finite(setup)
    if broken:
        return Measured(f"{len(broken)} samples hold values that are no numbers", findings=(_no_numbers(broken),))
    figures = InputFigures.of(first_read(setup, setup.batch(SAMPLES).inputs))
    mean, deviation = max(figures.means, key=abs), max(figures.deviations)
    line = f"the first layer reads values from {figures.low:.3g} to {figures.high:.3g}, of deviation {deviation:.3g}"
    shown = {"low": figures.low, "high": figures.high, "mean": mean, "deviation": deviation}
    return Measured(line, shown, tuple(_findings(figures)))


def _not_finite(setup: Setup) -> list[int]:
    """Return the rows of training samples that hold something else than finite numbers."""
    inputs = setup.parts.training.inputs
    if not inputs.is_floating_point():
        return []
    return [row for row in setup.parts.training.rows.tolist() if not bool(inputs[row].isfinite().all())]


def _no_numbers(rows: list[int]) -> Finding:
    return Finding(
        "inputs-not-finite",
        Severity.ERROR,
        f"{len(rows)} training samples hold NaN or infinity: rows {listed(list(map(str, rows)), SHOWN)}",
        "leave them out, or mend them: one is enough to make every weight NaN",
    )


def _findings(figures: InputFigures) -> list[Finding]:
    if figures.alike:
        return [_alike(figures)]
    return [*_constant_channels(figures), *_spread(figures), *_centre(figures)]


def _alike(figures: InputFigures) -> Finding:
    return Finding(
        "same-inputs",
        Severity.ERROR,
        f"all samples that were looked at are the same to the network: values from {figures.low:.3g} to "
        f"{figures.high:.3g}",
        "look at the pictures as the network sees them (`sightline augment DATA`): they are black, or lost on the way",
    )


def _constant_channels(figures: InputFigures) -> list[Finding]:
    flat = [place for place, deviation in enumerate(figures.deviations) if deviation == 0]
    if not flat or len(figures.deviations) == 1:
        return []
    return [
        warning(
            "constant-channel",
            f"{len(flat)} of {len(figures.deviations)} channels hold one value alone: "
            + ", ".join(f"channel {place} is {figures.means[place]:.3g}" for place in flat[:5]),
            "read the pictures in colours that they have (colours=grey), or find where the channel is lost",
        )
    ]


def _spread(figures: InputFigures) -> list[Finding]:
    most = threshold("input-spread")
    if max(figures.deviations) <= most:
        return []
    return [
        warning(
            "input-not-normalised",
            f"the first layer reads values from {figures.low:.3g} to {figures.high:.3g}, of deviation "
            f"{max(figures.deviations):.3g}; about 1 was expected, {most:g} at most",
            ADVICE,
        )
    ]


def _centre(figures: InputFigures) -> list[Finding]:
    pairs = [pair for pair in zip(figures.means, figures.deviations, strict=True) if pair[1] > 0]
    mean, deviation = max(pairs, key=lambda pair: abs(pair[0]) / pair[1])
    is_low = mean < -threshold("input-centre") * deviation and figures.high < HALF * -figures.low
    if not is_low and abs(mean) <= threshold("input-offset") * deviation:
        return []
    return [
        warning(
            "input-off-centre",
            f"a channel that the first layer reads has mean {mean:.3g} and deviation {deviation:.3g}, in values from "
            f"{figures.low:.3g} to {figures.high:.3g}: "
            + ("the mean seems to be subtracted twice" if is_low else "its mean was not subtracted"),
            ADVICE,
        )
    ]


def first_read(setup: Setup, inputs: torch.Tensor) -> torch.Tensor:
    """Return what the first layer with weights is given of some inputs; themselves where there is no such layer."""
    caught: list[torch.Tensor] = []

    def look(_layer: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        if not caught:
            caught.append(given[0].detach().clone())

    with setup.copied() as network, torch.no_grad():
        network.eval()
        for layer in network.modules():
            if isinstance(layer, WEIGHTED):
                layer.register_forward_pre_hook(look)
        network(inputs)
    return caught[0] if caught else inputs
