"""What a model says of pictures that it has not learnt from: what its confidence is calibrated on."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightline.data.catalog import CALIBRATION, VALIDATION, Rows
from sightline.data.splits import Split
from sightline.evaluation.trust.calibration_set import APART, CHOOSING
from sightline.inference.export.proof import evenly

MOST_CALIBRATED = 5_000
"""Confidence is calibrated on so many pictures at most."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Labelled pictures that were not learnt from, and what was said of them.

    Args:
        rows: (n,) int64, of the catalog.
        logits: (n, classes) float32, not calibrated.
        origin: Which pictures they are, one of `sightline.evaluation.trust.calibration_set.ORIGINS`.
    """

    rows: Rows
    logits: npt.NDArray[np.float32]
    origin: str


def held_out_rows(split: Split) -> tuple[Rows, str]:
    """Return the rows that a model is calibrated on where it learns once, and their origin.

    A part of its own where the split has one; else the validation part, which also chose the model.
    """
    apart = split.rows(CALIBRATION)
    rows = apart if len(apart) else split.rows(VALIDATION)
    return evenly(rows, MOST_CALIBRATED), APART if len(apart) else CHOOSING
