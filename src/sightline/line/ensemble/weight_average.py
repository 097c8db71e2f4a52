"""The mean of one run's last weights as a model of its own: it costs nothing, in training or in answering."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from sightline.core.errors import DataError, RunError
from sightline.core.percent import percent
from sightline.data.catalog import TRAIN, Catalog, Rows
from sightline.evaluation.calibration import calibrate
from sightline.inference.assembly import assembled
from sightline.inference.bundle import Bundle
from sightline.inference.export.proof import evenly, proof_rows
from sightline.inference.manifest import batch_of
from sightline.inference.picture_digests import PictureDigests
from sightline.line.ensemble.members import Divided
from sightline.line.run import Run
from sightline.training.averages.tail_average import TailAverage
from sightline.training.samplers import evaluation_batch

MOST_FOR_STATISTICS = 5_000
"""Training pictures by which running statistics are reckoned anew."""
STATISTICS_BATCH = 128
MADE_ANEW = (
    "format_version", "proof", "calibration", "unknowns", "figures", "weights_sha256", "graph_sha256", "arrays_sha256"
)  # fmt: skip
"""Entries of a manifest that belong to the weights."""


@dataclass(frozen=True, eq=False)
class WeightAverage:
    """The mean of a run's weights.

    Args:
        bundle: As it will ship, without figures.
        epochs: Of how many epochs it is the mean.
    """

    bundle: Bundle
    epochs: int


def weight_average(
    run: Run, bundle: Bundle, network: nn.Sequential, catalog: Catalog, pixels: npt.NDArray[np.uint8], divided: Divided
) -> WeightAverage:
    """Return the mean of a run's last weights, if it does not do worse on validation than what the run ships.

    Args:
        run: A finished run of a network.
        bundle: The model file that it ships, in memory.
        network: The torch network of that; it becomes the mean.
        pixels: (N, H, W, C) uint8 of every picture of the catalog.
        divided: Which of them the run was chosen by.

    Raises:
        DataError: The run was chosen by none of the pictures.
        RunError: The run has kept no mean, or it does worse on validation.
    """
    rows = divided.validation
    if not len(rows):
        raise DataError(
            f"{catalog.name} holds no validation picture of {run.folder}, by which the mean could be judged",
            hint="leave out --data, or name the data that the run was trained on",
        )
    before = _accuracy(network, catalog, pixels, rows)
    epochs = TailAverage(run.checkpoints).load(network)
    _reckon_statistics(network, pixels, evenly(divided.seen[TRAIN], MOST_FOR_STATISTICS))
    after = _accuracy(network, catalog, pixels, rows)
    if after < before:
        raise RunError(
            f"the mean of the weights of the last {epochs} epochs names {percent(after)} of {len(rows):,} validation "
            f"pictures rightly, and the weights that {run.folder} ships {percent(before)}: nothing was written",
            hint="keep the run's own model, or join several runs",
        )
    manifest = {name: value for name, value in bundle.manifest.items() if name not in MADE_ANEW}
    digests = PictureDigests.of_bundle(bundle)
    made = assembled(
        {**manifest, "averaged_epochs": epochs},
        network,
        pixels[proof_rows(rows, divided.seen[TRAIN])],
        calibration=calibrate(_logits(network, pixels, rows), catalog.labels[rows]),
        batch=batch_of(bundle.manifest),
        arrays=None if digests is None else digests.arrays(),
    )
    return WeightAverage(made, epochs)


def _accuracy(network: nn.Sequential, catalog: Catalog, pixels: npt.NDArray[np.uint8], rows: Rows) -> float:
    return float((_logits(network, pixels, rows).argmax(axis=1) == catalog.labels[rows]).mean())


def _logits(network: nn.Sequential, pixels: npt.NDArray[np.uint8], rows: Rows) -> npt.NDArray[np.float32]:
    batch = evaluation_batch(pixels.shape[1:])
    with torch.inference_mode():
        parts = [network(torch.from_numpy(pixels[rows[at : at + batch]])).numpy() for at in range(0, len(rows), batch)]
    return np.concatenate(parts)


def _reckon_statistics(network: nn.Sequential, pixels: npt.NDArray[np.uint8], rows: Rows) -> None:
    """Reckon the running statistics of batch normalisation for weights that no step has seen."""
    pieces = [
        torch.from_numpy(pixels[rows[at : at + STATISTICS_BATCH]]) for at in range(0, len(rows), STATISTICS_BATCH)
    ]
    torch.optim.swa_utils.update_bn([piece for piece in pieces if len(piece) > 1], network)
    network.eval()


def run_of(place: Path) -> Run:
    """Return the run in a folder.

    Raises:
        RunError: There is none.
    """
    run = Run(place)
    if not run.is_finished:
        raise RunError(f"{place} is no finished run", hint="name the folder of a run, not a model file")
    return run
