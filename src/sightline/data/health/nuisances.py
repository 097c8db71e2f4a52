"""Nuisances: what tells the classes apart though it has nothing to do with what is pictured, such as the file's size.

A model learns what is easiest. Where one class came from another camera, program or crop, a classifier that sees
nothing but the size of the file is good, and so will be a network that has learnt nothing else. Each nuisance is tried
alone: cut into ranges, of which each stands for the class that is likeliest there, in five folds.

Reference:
    Torralba and Efros, "Unbiased Look at Dataset Bias" (2011). https://doi.org/10.1109/CVPR.2011.5995347
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from sightline.core.findings import Finding, Severity
from sightline.core.intervals import mean_share_interval
from sightline.core.percent import percent
from sightline.core.seeding import derived_seed
from sightline.data.catalog import Rows
from sightline.data.survey.record import Surveyed

FOLDS, RANGES, SEED = 5, 16, 0
LEAST_PICTURES = 10
"""Of a class; smaller ones are left out, for in five folds they say nothing."""
TELLING = 0.5
"""How far above chance, from 0 to 1 for always right, the lower end of the interval must be."""
LEVEL = 0.95
"""Of all intervals together: each is widened for the number of nuisances that are tried."""

Values = npt.NDArray[np.float64]
NUISANCES: dict[str, Callable[[Surveyed], Sequence[object] | npt.NDArray[np.generic]]] = {
    "the file's size in bytes": lambda surveyed: surveyed.byte_counts,
    "the file's type": lambda surveyed: surveyed.formats,
    "the colour mode in the file": lambda surveyed: surveyed.modes,
    "the picture's size in pixels": lambda surveyed: surveyed.sizes.prod(axis=1, dtype=np.int64),
    "the picture's proportions": lambda surveyed: surveyed.sizes[:, 0] / np.maximum(surveyed.sizes[:, 1], 1),
    "the brightness": lambda surveyed: surveyed.thumbnails.mean(axis=(1, 2)),
    "the border": lambda surveyed: surveyed.borders.sum(axis=1),
    "the camera": lambda surveyed: surveyed.cameras,
    "the time of the picture": lambda surveyed: surveyed.taken,
}
"""What is tried: names, and (N,) numbers or words for every sample."""


@dataclass(frozen=True)
class Telling:
    """How well one nuisance alone tells the classes apart.

    Args:
        accuracy: The mean over classes of how many were named rightly, 0 to 1.
        low: The lower end of its interval.
        high: The upper end of its interval.
        chance: One part in the number of classes.
    """

    accuracy: float
    low: float
    high: float
    chance: float

    @property
    def is_telling(self) -> bool:
        """Whether it is so good that a model may have learnt nothing else."""
        return (self.low - self.chance) / (1 - self.chance) >= TELLING


def nuisances(surveyed: Surveyed) -> Iterator[Finding]:
    """Find what separates the classes beside what is pictured."""
    found = {name: telling for name, telling in tellings(surveyed).items() if telling.is_telling}
    if found:
        yield Finding(
            "nuisance",
            Severity.WARNING,
            f"what has nothing to do with the pictures tells their classes apart: {', '.join(found)}",
            "take the pictures of all classes in the same way, or save them alike; a model may learn this alone and "
            "fail elsewhere. If the classes do differ by it, nothing needs to be done",
            tuple(
                f"a classifier that sees only {name} reaches {percent(telling.accuracy)} "
                f"({percent(telling.low)} to {percent(telling.high)}; chance is {percent(telling.chance)})"
                for name, telling in found.items()
            ),
        )


def tellings(surveyed: Surveyed) -> dict[str, Telling]:
    """Return how well each nuisance tells the classes apart; none where there are too few pictures.

    Of near copies the first alone is asked about, so that no fold knows another's.
    """
    rows = surveyed.labelled_rows
    rows = rows[np.unique([surveyed.contents[row] for row in rows.tolist()], return_index=True)[1]]
    labels, counts = surveyed.catalog.labels, np.bincount(surveyed.catalog.labels[rows], minlength=1)
    rows = np.sort(rows[counts[labels[rows]] >= LEAST_PICTURES])
    classes, truth = np.unique(labels[rows], return_inverse=True)
    if len(classes) < 2:  # noqa: PLR2004 - nothing to tell apart
        return {}
    folds = np.random.default_rng(derived_seed(SEED, "nuisances")).permutation(len(rows)) % FOLDS
    every = {name: np.asarray(values(surveyed))[rows] for name, values in NUISANCES.items()}
    varying = {name: values for name, values in every.items() if (values != values[0]).any()}
    return {name: _telling(_ranges(values), truth, folds, tried=len(varying)) for name, values in varying.items()}


def _ranges(values: npt.NDArray[np.generic]) -> Rows:
    """Return in which of at most 16 ranges of equal numbers each value is; words are ranges of their own."""
    if np.issubdtype(values.dtype, np.number):
        edges = np.unique(np.quantile(values.astype(np.float64), np.linspace(0, 1, RANGES + 1)[1:-1]))
        return np.searchsorted(edges, values.astype(np.float64), side="left")
    ranges: Rows = np.unique(values, return_inverse=True)[1]
    return ranges


def _telling(ranges: Rows, truth: Rows, folds: Rows, *, tried: int) -> Telling:
    """Name each picture by the likeliest class of its range in the other folds, all classes counting alike."""
    classes = int(truth.max()) + 1
    right = np.zeros(len(truth), dtype=np.bool_)
    for fold in range(FOLDS):
        others, asked = folds != fold, folds == fold
        counts = np.zeros((int(ranges.max()) + 1, classes))
        np.add.at(counts, (ranges[others], truth[others]), 1)
        likeliest = (counts / np.maximum(counts.sum(axis=0), 1)).argmax(axis=1)
        right[asked] = likeliest[ranges[asked]] == truth[asked]
    sizes = np.bincount(truth)
    recalls = np.bincount(truth, weights=right) / sizes
    quantile = NormalDist().inv_cdf(1 - (1 - LEVEL) / 2 / tried)
    return Telling(float(recalls.mean()), *mean_share_interval(recalls, sizes, quantile=quantile), 1 / classes)
