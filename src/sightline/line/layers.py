"""What is known of a network's layers: over its training, from the run, and its first filters, from the model."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sightline.core.errors import RunError
from sightline.evaluation.layers import FilterSheet, LayerCourse, Layers, Spread
from sightline.inference.classifier import Classifier
from sightline.line.run import Run
from sightline.models.measures.probing import first_filters
from sightline.training.watchers.layers import read_layers

if TYPE_CHECKING:
    from torch import nn

BASE, LAYERS = "base", "network"
"""Where the layers stand in the whole network, beside ``normalise``."""
PREFIX = f"{LAYERS}."
RGB: Literal["rgb"] = "rgb"


def layers_place(network: "nn.Module") -> str:
    """Return where the layers stand in a whole network: below its base, where it begins with one."""
    return f"{BASE}.{LAYERS}" if BASE in dict(network.named_children()) else LAYERS


def layers_of(classifier: Classifier | None, run: Run | None) -> Layers:
    """Return what is known of a network's layers.

    Args:
        classifier: Gives the filters; None leaves them out.
        run: Gives the layers over the training, if it kept them; None leaves them out.

    Raises:
        RunError: The run's ``layers.json`` is damaged.
    """
    layers = _courses(run.layers) if run is not None and run.layers.exists() else Layers()
    if classifier is None:
        return layers
    network = classifier.network
    filters = first_filters(network.get_submodule(layers_place(network)), classifier.format.shape)
    coloured = classifier.format.colours == RGB and filters.weights.shape[1] == len(RGB)
    return replace(layers, filters=FilterSheet(filters.layer, filters.weights, coloured=coloured))


def _courses(path: Path) -> Layers:
    document = read_layers(path)
    try:
        epochs: list[dict[str, Any]] = document["epochs"]
        return Layers(
            courses=tuple(_course(layer["name"], layer["kind"], epochs) for layer in document["layers"]),
            epochs=tuple(int(entry["epoch"]) for entry in epochs),
            pictures=int(document["pictures"]),
            left_out=int(document["left_out"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(
            f"{path} is no layers.json that can be read: {error!r}",
            hint="remove it; only the pictures of the layers need it",
        ) from error


def _course(name: str, kind: str, epochs: list[dict[str, Any]]) -> LayerCourse:
    entries = [entry["layers"].get(name, {}) for entry in epochs]
    return LayerCourse(
        name=str(name).removeprefix(PREFIX),
        kind=str(kind),
        weights=tuple(_spread(entry.get("weights")) for entry in entries),
        gradients=tuple(_spread(entry.get("gradients")) for entry in entries),
        outputs=tuple(_spread(entry.get("outputs")) for entry in entries),
        dead=tuple(_share(entry.get("dead")) for entry in entries),
        saturated=tuple(_share(entry.get("saturated")) for entry in entries),
    )


def _spread(entry: dict[str, Any] | None) -> Spread | None:
    if entry is None:
        return None
    counts = tuple(int(count) for count in entry["counts"])
    return Spread(float(entry["low"]), float(entry["high"]), float(entry["deviation"]), counts)


def _share(value: Any) -> float | None:
    return None if value is None else float(value)
