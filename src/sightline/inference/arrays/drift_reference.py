"""What new pictures are compared with, as a model file keeps it."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from sightline.core.errors import BundleError
from sightline.evaluation.trust.drift import DriftReference
from sightline.inference.arrays.array_file import Arrays
from sightline.inference.bundle import TRAIN_AGAIN, Bundle

PREFIX = "drift."
"""Before the names of arrays."""
NAMES = tuple(item.name for item in fields(DriftReference))


def drift_arrays(reference: DriftReference) -> Arrays:
    """Return what a bundle keeps, by name."""
    return {f"{PREFIX}{name}": np.asarray(getattr(reference, name), np.float32) for name in NAMES}


def drift_reference_of(bundle: Bundle, *, width: int) -> DriftReference | None:
    """Return what new pictures are compared with; None where an older file does not have it.

    Args:
        width: F, how many features the graph gives.

    Raises:
        BundleError: Something of it is missing or does not fit.
    """
    try:
        arrays = bundle.named_arrays()
    except ValueError as error:
        raise BundleError(f"what drift is told by can't be read: {error!r}", hint=TRAIN_AGAIN) from error
    held = {name: arrays[f"{PREFIX}{name}"] for name in NAMES if f"{PREFIX}{name}" in arrays}
    if not held:
        return None
    if len(held) < len(NAMES) or not _fit(held, width):
        raise BundleError("the arrays by which drift is told do not fit together", hint=TRAIN_AGAIN)
    return DriftReference(**held)


def _fit(held: Mapping[str, npt.NDArray[Any]], width: int) -> bool:
    if any(array.dtype != np.float32 or not np.isfinite(array).all() for array in held.values()):
        return False
    centre, axes, known = (held[name].shape for name in NAMES)
    return centre == (width,) and axes[:1] == (width,) and len(axes) == len(known) == 2 and known[1:] == axes[1:]  # noqa: PLR2004
