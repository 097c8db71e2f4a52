"""Techniques that are applied to a network as its author wrote it.

Importing this file does not import torch.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from math import isfinite
from typing import Any

from sightline.core.errors import SettingsError
from sightline.core.findings import Finding, Severity
from sightline.core.rules import AUTO
from sightline.core.sections import SHARE, Section, name, number
from sightline.models.changes.activations import ACTIVATIONS
from sightline.models.changes.initialisation import INITIALISATIONS
from sightline.models.changes.pooling import POOLINGS
from sightline.models.changes.regularisers import NORMALISATIONS

WITHOUT_HIDDEN_LAYERS = ("linear",)
"""The networks that do train from zeros: with one layer, every neuron sees its own class."""


@dataclass(frozen=True)
class Variation(Section):
    """What is changed in a network; the defaults change nothing.

    Args:
        activation: ``"auto"`` or a name in `ACTIVATIONS`, for every activation.
        pooling: ``"auto"`` or a name in `POOLINGS`, for every pool over windows; ``"stride"`` leaves
            pools that do not make the map smaller, as in inception blocks.
        normalisation: ``"auto"`` or ``"batch"``: after every convolution and hidden dense layer, before its activation.
        dropout: ``"auto"`` or a probability in [0, 1): of all dropout layers; in a network without any,
            they come in front of every dense layer that does not read the pixels themselves.
        channel_dropout: Probability in [0, 1) of silencing a map, after each stage of blocks, or where
            there are no stages, after each pool that makes the map smaller.
        initialisation: ``"auto"`` or a name in `INITIALISATIONS`, for the weights of every convolution and
            dense layer; their biases become zero.
        initial_bias: Bias at or above 0 of layers with ReLU or a relative after them; 0 leaves it.

    Raises:
        SettingsError: A name does not exist or a number is out of its range.
    """

    activation: str = name("auto is the network's own", (AUTO, *ACTIVATIONS), AUTO)
    pooling: str = name("auto is the network's own", (AUTO, *POOLINGS), AUTO)
    normalisation: str = name("auto is the network's own", (AUTO, *NORMALISATIONS), AUTO)
    dropout: float | str = number("chance to silence a neuron; auto is the network's own", AUTO, auto=True, **SHARE)
    channel_dropout: float = number("chance to silence a whole map", 0.0, **SHARE)
    initialisation: str = name("of the weights; auto is the network's own", (AUTO, *INITIALISATIONS), AUTO)
    initial_bias: float = number("first bias of layers before ReLU, such as 0.01", 0.0, least=0)


VARIATION_OPTIONS = tuple(setting.name for setting in fields(Variation))
"""The options that every network takes."""


def variation_of(options: Mapping[str, Any], *, model: str, own: Iterable[str] = ()) -> Variation:
    """Return the variation that options describe.

    Args:
        options: Names in `VARIATION_OPTIONS` to values.
        model: The network's name, for the message.
        own: The options that this network takes besides, for the message.

    Raises:
        SettingsError: An option is not known, or its value is impossible.
    """
    for name in options:
        if name not in VARIATION_OPTIONS:
            raise SettingsError(
                f"{model} has no option named {name!r}",
                hint=f"its options are: {', '.join((*own, *VARIATION_OPTIONS))}",
            )
    return Variation(**options)


def symmetric_start(variation: Variation, *, model: str = "") -> Finding | None:
    """Return the warning that a network which starts at zeros will not train, or None if it does not.

    Args:
        variation: How the network is changed.
        model: The network's name; `WITHOUT_HIDDEN_LAYERS` train from zeros.

    Reference:
        Rumelhart, Hinton and Williams, "Learning internal representations by error propagation"
        (1986), "Symmetry breaking".
    """
    if variation.initialisation != "zeros" or model in WITHOUT_HIDDEN_LAYERS:
        return None
    return Finding(
        code="zeros-do-not-train",
        severity=Severity.WARNING,
        symptom="all weights start at zero (initialisation=zeros): the neurons of a layer get the same gradient "
        "and stay the same, so the network learns little more than how frequent each class is",
        advice="keep it to see this happen, or set initialisation=he to train",
    )


def _check_probability(setting: str, value: Any) -> None:
    if not _is_number(value) or not 0 <= value < 1:
        raise SettingsError(
            f"{setting} = {value!r} is not a probability from 0 to below 1",
            hint="0.1 to 0.5 are usual; 0 silences nothing",
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
