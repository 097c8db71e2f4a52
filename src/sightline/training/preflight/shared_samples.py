"""Whether samples are validated that are also learnt from."""

import torch

from sightline.core.findings import Finding
from sightline.training.preflight.setup import Measured, Setup, warning
from sightline.training.samples import Samples
from sightline.training.thresholds import threshold

MOST_TRAINING, MOST_VALIDATION = 20_000, 2_000
"""So many samples of each part are compared, evenly spread."""


def shared_samples(setup: Setup) -> Measured:
    """Count the validation samples that the training part has too, number for number."""
    training = _evenly(setup.parts.training, MOST_TRAINING)
    validation = _evenly(setup.parts.validation, MOST_VALIDATION)
    keys = dict.fromkeys(_sums(setup.parts.training.inputs, training).tolist(), -1)
    for row, key in zip(training.tolist(), _sums(setup.parts.training.inputs, training).tolist(), strict=True):
        keys[key] = row
    shared = [
        row
        for row, key in zip(validation.tolist(), _sums(setup.parts.validation.inputs, validation).tolist(), strict=True)
        if key in keys and torch.equal(setup.parts.validation.inputs[row], setup.parts.training.inputs[keys[key]])
    ]
    line = f"{len(shared):,} of {len(validation):,} validation samples are learnt from too"
    return Measured(line, {"shared": len(shared), "looked_at": len(validation)}, tuple(_findings(setup, shared, line)))


def _evenly(samples: Samples, most: int) -> torch.Tensor:
    return samples.rows[:: -(-len(samples) // most)]


def _sums(inputs: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """Return a number for each row that equal samples share."""
    flat = inputs[rows].flatten(1).double()
    weights = torch.linspace(1, 2, flat.shape[1], dtype=torch.float64)
    return flat @ weights


def _findings(setup: Setup, shared: list[int], line: str) -> list[Finding]:
    count = len(_evenly(setup.parts.validation, MOST_VALIDATION))
    if len(shared) < max(2, threshold("shared-samples") * count):
        return []
    return [
        warning(
            "validation-in-training",
            f"{line}: the figures of validation will be too good, and the best epoch is chosen wrongly",
            "take the copies out of one of the parts",
            tuple(setup.parts.validation.names(torch.tensor(shared))),
        )
    ]
