"""What every layer was like after every epoch, kept in a JSON file while a network is trained."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from sightline.core.errors import RunError
from sightline.core.pieces import pieces
from sightline.core.regular import text_of
from sightline.core.storage import write_whole
from sightline.training.history import EpochRecord
from sightline.training.watchers.histograms import ACTIVATIONS, UnitWatch, evenly_spread, histogram
from sightline.training.watchers.watcher import Step, Watcher

FORMAT_VERSION = 1
MOST_LAYERS, MOST_PICTURES = 60, 64
MOST_OUTPUTS = 2**14
"""So many of a layer's outputs go into their histogram, evenly spread; weights and gradients have more."""
PIXELS_AT_ONCE = MOST_PICTURES * 64 * 64
"""Larger pictures are shown to the network in smaller batches, so that looking on costs no memory."""
DIGITS = 6

Document = dict[str, Any]


class LayerWatch(Watcher):
    """Keeps a JSON file of every layer; the training's weights stay as they are, bit for bit.

    Gradients are those of each epoch's first batch. Outputs are those of some fixed pictures after the
    epoch, with the network in eval mode. The file::

        {"format_version": 1,
         "pictures": 64,              how many pictures the outputs and shares were made on
         "left_out": 0,               layers beyond the 60 that are recorded, taken out evenly
         "layers": [{"name": "network.conv1", "kind": "Conv2d"}, ...],     in the network's order
         "epochs": [{"epoch": 1, "layers": {"network.conv1": {
             "weights": HISTOGRAM, "gradients": HISTOGRAM, "outputs": HISTOGRAM,
             "dead": 0.25, "saturated": 0.5}}}, ...]}

    What a layer does not have is left out, such as the weights of an activation. ``dead`` is the share
    of a ReLU's units (channels, after a convolution) that are zero on all pictures; ``saturated`` the
    share of a sigmoid's or tanh's outputs within 0.05 of its ends. HISTOGRAM is
    ``{"low", "high", "deviation", "not_finite", "counts"}``, see `training.watchers.histograms.Histogram`.
    An epoch whose checkpoint was written just before the process was killed is missing.

    Args:
        path: Its folder must exist.
        pictures: (n, H, W, C) uint8, usually 64 of the validation part; see `some_rows`.

    Reference:
        Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks"
        (2010), figures 2 to 7. https://proceedings.mlr.press/v9/glorot10a.html
    """

    def __init__(self, path: Path, pictures: torch.Tensor) -> None:
        self.path = path
        self._pictures = pictures
        self._network: nn.Module | None = None
        self._gradients: Document = {}
        self.dead: dict[str, float] = {}
        """The share of each layer's units that were zero on all pictures after the last epoch."""
        self._epochs: list[str] = []  # as JSON, so that a long training does not write every number anew

    def on_start(self, epochs_done: int) -> None:
        """Take up the file of an earlier process, without what it wrote beyond the last checkpoint.

        Raises:
            RunError: The file is damaged.
        """
        before = read_layers(self.path)["epochs"] if epochs_done and self.path.exists() else []
        self._epochs = [json.dumps(entry) for entry in before if entry["epoch"] <= epochs_done]

    def before_step(self, step: Step) -> None:
        """Look at the gradients of the epoch's first step."""
        if step.number > 1:
            return
        self._network = step.network
        self._gradients = {
            name: {"gradients": _compact(weight.grad)}
            for name, layer in watched_layers(step.network)[0].items()
            if (weight := _weight(layer)) is not None and weight.grad is not None
        }

    def on_epoch(self, history: Sequence[EpochRecord]) -> None:
        """Look at weights and outputs, and write the file."""
        if self._network is None:
            return
        layers, left_out = watched_layers(self._network)
        outputs = _outputs(self._network, layers, self._pictures)
        self.dead = {name: entry["dead"] for name, entry in outputs.items() if "dead" in entry}
        entries = {
            name: {
                **({} if (weight := _weight(layer)) is None else {"weights": _compact(weight)}),
                **self._gradients.get(name, {}),
                **outputs.get(name, {}),
            }
            for name, layer in layers.items()
        }
        self._epochs.append(json.dumps({"epoch": history[-1].epoch, "layers": entries}))
        head = {
            "format_version": FORMAT_VERSION,
            "pictures": len(self._pictures),
            "left_out": left_out,
            "layers": [{"name": name, "kind": type(layer).__name__} for name, layer in layers.items()],
        }
        write_whole(self.path, f'{json.dumps(head)[:-1]}, "epochs": [\n' + ",\n".join(self._epochs) + "\n]}\n")


def some_rows(rows: torch.Tensor) -> torch.Tensor:
    """Return at most 64 of (n,) rows, evenly spread, so that sorted classes all have their pictures."""
    places = torch.linspace(0, len(rows) - 1, min(MOST_PICTURES, len(rows))).round().long()
    return rows[places]


def watched_layers(network: nn.Module) -> tuple[dict[str, nn.Module], int]:
    """Return the convolutions, dense layers and activations to record, and how many are left out."""
    every = [
        (name, layer)
        for name, layer in network.named_modules()
        if isinstance(layer, (nn.Conv2d, nn.Linear, *ACTIVATIONS))
    ]
    places = torch.linspace(0, len(every) - 1, min(MOST_LAYERS, len(every))).round().long().tolist()
    return dict(every[place] for place in places), len(every) - len(places)


def read_layers(path: Path) -> Document:
    """Read the file of a `LayerWatch`.

    Raises:
        RunError: It can't be read, or is not what `LayerWatch` writes.
    """
    try:
        document: Document = json.loads(text_of(path))
        version = document["format_version"]
        if version == FORMAT_VERSION and all({"epoch", "layers"} <= entry.keys() for entry in document["epochs"]):
            return document
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(path, repr(error)) from error
    raise _damaged(path, f"format_version {version!r}, expected {FORMAT_VERSION}")


def _damaged(path: Path, reason: str) -> RunError:
    return RunError(
        f"{path} is no {path.name} that can be read: {reason}",
        hint="remove it; only the pictures of the layers need it",
    )


def _weight(layer: nn.Module) -> torch.Tensor | None:
    return layer.weight if isinstance(layer, nn.Conv2d | nn.Linear) else None


def _compact(values: torch.Tensor) -> Document:
    """Return a histogram as JSON has it, with six digits."""
    figures = asdict(histogram(values))
    return {key: float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value for key, value in figures.items()}


def _outputs(network: nn.Module, layers: dict[str, nn.Module], pictures: torch.Tensor) -> dict[str, Document]:
    """Return each layer's outputs on some pictures, in eval mode; every module gets its mode back."""
    values: dict[str, list[torch.Tensor]] = {name: [] for name in layers}
    units = {name: UnitWatch(layer) for name, layer in layers.items()}

    def hook(name: str) -> Any:
        def look(_layer: nn.Module, _inputs: object, output: torch.Tensor) -> None:
            values[name].append(evenly_spread(_flat(output), MOST_OUTPUTS).clone())  # a ReLU in place would change it
            units[name].look(output)

        return look

    modes = [(layer, layer.training) for layer in network.modules()]
    handles = [layer.register_forward_hook(hook(name)) for name, layer in layers.items()]
    try:
        network.eval()
        _show(network, pictures)
    finally:
        for handle in handles:
            handle.remove()
        for module, training in modes:
            module.training = training
    return {name: _entry(torch.cat(values[name]), units[name]) for name in layers if values[name]}


def _flat(output: torch.Tensor) -> torch.Tensor:
    """Return all values without copying them, whichever way they lie in memory."""
    return (output if output.is_contiguous() else output.movedim(1, -1)).flatten()


def _show(network: nn.Module, pictures: torch.Tensor) -> None:
    device = next(network.parameters()).device
    _, height, width, _ = pictures.shape
    size = max(1, min(MOST_PICTURES, PIXELS_AT_ONCE // (height * width)))
    with torch.no_grad():
        for piece in pieces(len(pictures), size):
            network(pictures[piece].to(device))


def _entry(values: torch.Tensor, units: UnitWatch) -> Document:
    shares = {"dead": units.dead, "saturated": units.saturated}
    known = {key: round(share, DIGITS) for key, share in shares.items() if share is not None}
    return {"outputs": _compact(values), **known}
