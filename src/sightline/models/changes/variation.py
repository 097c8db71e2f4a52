"""Techniques that change a network after its author wrote it: a section of the network's settings.

Importing this file does not import torch.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
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

    The activation changes everywhere, and so does the pooling of every pool over windows; ``stride`` leaves pools that
    do not make the map smaller, as in inception blocks. Normalisation comes after every convolution and hidden dense
    layer, before its activation. Dropout sets the rate of all dropout layers; in a network without any, they come in
    front of every dense layer that does not read the pixels themselves. Channel dropout comes after each stage of
    blocks, or where there are no stages, after each pool that makes the map smaller. First weights are of every
    convolution and dense layer, whose biases become zero; the first bias is of layers with ReLU or a relative after
    them.

    Raises:
        SettingsError: A name does not exist or a number is out of its range.

    Example:
        >>> Variation(activation="gelu", dropout=0.2).as_options()
        {'activation': 'gelu', 'dropout': 0.2}
    """

    activation: str = name("auto is the network's own", ACTIVATIONS, AUTO, auto=True)
    pooling: str = name("auto is the network's own", POOLINGS, AUTO, auto=True)
    normalisation: str = name("auto is the network's own", NORMALISATIONS, AUTO, auto=True)
    dropout: float | None = number("chance to silence a neuron; auto is the network's own", None, **SHARE, auto=True)
    channel_dropout: float = number("chance to silence a whole map", 0.0, **SHARE)
    initialisation: str = name("of the weights; auto is the network's own", INITIALISATIONS, AUTO, auto=True)
    initial_bias: float = number("first bias of layers before ReLU, such as 0.01", 0.0, least=0)


VARIATION_OPTIONS = tuple(setting.name for setting in fields(Variation))
"""The options that every network takes."""


def variation_of(options: Mapping[str, Any], *, model: str, own: Iterable[str] = ()) -> Variation:
    """Return the variation that options describe.

    Args:
        options: Names in `VARIATION_OPTIONS` to values.
        model: The network's name, for error messages.
        own: The options that this network alone takes, for error messages.

    Raises:
        SettingsError: An option is not known, or its value is impossible.
    """
    for option in options:
        if option not in VARIATION_OPTIONS:
            raise SettingsError(
                f"{model} has no option named {option!r}",
                hint=f"its options are: {', '.join((*own, *VARIATION_OPTIONS))}",
            )
    return Variation(**options)


def symmetric_start(variation: Variation, *, model: str = "") -> Finding | None:
    """Return the warning that a network which starts at zeros will not train, or None if it does not.

    Args:
        variation: Only its `initialisation` is looked at.
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
