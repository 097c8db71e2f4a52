"""Anchors: what a classifier with enrolled classes knows of the classes that it has learnt."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sightline.core.errors import BundleError
from sightline.inference.arrays.array_file import Arrays
from sightline.inference.bundle import TRAIN_AGAIN
from sightline.inference.graph import Floats
from sightline.inference.support.distances import unit

Labels = npt.NDArray[np.int64]

ANCHORS = "anchors."
"""Before the name of each of their arrays."""
FEATURES_ARRAY, LABELS_ARRAY = ANCHORS + "features", ANCHORS + "labels"


@dataclass(frozen=True, eq=False)
class Anchors:
    """What the last layer reads of some pictures of the classes that were learnt.

    Args:
        features: (A, F) float16, rows of length one.
        labels: (A,) int64, ascending: the class of each.

    Raises:
        ValueError: The arrays do not fit together.
    """

    features: npt.NDArray[np.float16]
    labels: Labels

    def __post_init__(self) -> None:
        """Look at every value, for a model file may hold anything."""
        if self.features.dtype.str != "<f2" or self.labels.dtype.str != "<i8" or self.features.ndim != len("AF"):
            raise ValueError("the anchors' arrays have other types or shapes than they should")
        if self.labels.shape != self.features.shape[:1] or not np.isfinite(self.features).all():
            raise ValueError("the anchors' arrays do not fit together")
        if not len(self.labels) or self.labels[0] < 0 or (np.diff(self.labels) < 0).any():
            raise ValueError("the anchors do not stand class after class")

    @cached_property
    def rows(self) -> Floats:
        """(A, F) float32, rows of length one."""
        return unit(self.features.astype(np.float32))

    def arrays(self) -> Arrays:
        """Return what a model file keeps of them."""
        return {FEATURES_ARRAY: self.features, LABELS_ARRAY: self.labels}


def anchors_in(arrays: Arrays, *, classes: int) -> Anchors:
    """Return the anchors among a model file's arrays.

    Args:
        arrays: All that the file keeps beside its graph.
        classes: How many were learnt.

    Raises:
        BundleError: There are none, or they are damaged.
    """
    try:
        anchors = Anchors(arrays[FEATURES_ARRAY], arrays[LABELS_ARRAY])
    except (KeyError, ValueError) as error:
        raise BundleError(f"the anchors of the learnt classes are not understood: {error}", hint=TRAIN_AGAIN) from error
    if anchors.labels[-1] >= classes:
        raise BundleError("the anchors do not fit the classes that were learnt", hint=TRAIN_AGAIN)
    return anchors
