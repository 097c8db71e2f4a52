"""The kinds of model: a row of `METHODS` is all that the rest of the line knows of one.

Importing this package does not import torch.
"""

from collections.abc import Mapping

from sightline.core.choose import choose
from sightline.line.methods.contract import Entry, Method
from sightline.line.methods.network.method import Network
from sightline.line.methods.pipeline.method import Pipeline
from sightline.line.methods.similarity.legs import Legs
from sightline.line.methods.similarity.projection import Projection
from sightline.line.methods.transfer.method import Transfer

METHODS: dict[str, Method] = {
    "network": Network(),
    "pipeline": Pipeline(),
    "transfer": Transfer(),
    "similarity": Legs(),
    "projection": Projection(),
}
"""Each kind of model by its name; a model file's manifest has the name as ``method``."""


def models() -> Mapping[str, Entry]:
    """Return every model of every kind by its name."""
    return {name: entry for method in METHODS.values() for name, entry in method.models.items()}


def kind_of(model: str) -> str:
    """Return the name of the kind that a model is of.

    Raises:
        SettingsError: There is no such model; the message names the nearest.
    """
    choose(model, models(), kind="model")
    return next(kind for kind, method in METHODS.items() if model in method.models)


def method_of(model: str) -> Method:
    """Return the kind that a model is of.

    Raises:
        SettingsError: There is no such model; the message names the nearest.
    """
    return METHODS[kind_of(model)]
