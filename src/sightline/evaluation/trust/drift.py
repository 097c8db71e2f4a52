"""Whether new pictures still look like those of the training to a model: a second classifier tries to tell them apart.

It learns from some known and some new pictures which are which, and is asked about others, in folds. Where it is right
no more often than chance, they can't be told apart by what the model sees. The known pictures are those that the model
has not learnt from, and the directions in which they are looked at were found on others again, so that nothing but the
new pictures is new.

References:
    Lopez-Paz and Oquab, "Revisiting Classifier Two-Sample Tests" (2017). https://arxiv.org/abs/1610.06545
    Rabanser, Günnemann and Lipton, "Failing Loudly: An Empirical Study of Methods for Detecting Dataset Shift" (2019).
    https://arxiv.org/abs/1810.11953
"""

from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sightline.core.intervals import Interval, mean_share_interval
from sightline.core.percent import percent

AXES = 24
"""Directions at most, those in which pictures differ most, and one for each eight pictures that they are found by."""
PICTURES_AN_AXIS = 8
FARTHEST = 5.0
"""Deviations along an axis; what is farther counts as that, so that one picture moves no line."""
FEWEST = 30
"""New pictures, and known ones; of fewer nothing is said."""
FOLDS, RIDGE, SEED = 5, 1.0, 0
CHANCE, LEVEL = 0.5, 0.99
"""The interval is wide, for the question is asked again and again: one look in a hundred is a false alarm."""

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class DriftReference:
    """What known pictures look like to a model.

    Args:
        centre: (F,) the mean of the features that the axes were found by.
        axes: (F, Q), along which features are told, each scaled to a deviation of 1.
        known: (n, Q) of known pictures.
    """

    centre: Floats
    axes: Floats
    known: Floats

    @classmethod
    def fitted(cls, features: Floats, known: Floats) -> Self:
        """Find the axes by some features, and keep others along them.

        Args:
            features: (m, F), two or more.
            known: (n, F) of other pictures, that the model has not learnt from.
        """
        centre = features.mean(axis=0)
        _, scales, directions = np.linalg.svd((features - centre).astype(np.float64), full_matrices=False)
        count = max(1, min(AXES, len(features) // PICTURES_AN_AXIS, int((scales > scales[0] * 1e-6).sum())))
        deviations = np.maximum(scales[:count], 1e-12) / np.sqrt(len(features))
        axes = directions[:count].T / deviations
        reference = cls(centre.astype(np.float32), axes.astype(np.float32), np.empty((0, count), np.float32))
        return cls(reference.centre, reference.axes, reference.along(known))

    def along(self, features: Floats) -> Floats:
        """Return (N, F) features along the axes, (N, Q) float32."""
        places: Floats = np.clip((features - self.centre) @ self.axes, -FARTHEST, FARTHEST).astype(np.float32)
        return places


@dataclass(frozen=True)
class Drift:
    """How well new pictures can be told from known ones.

    Args:
        count: How many new pictures were looked at.
        known: How many known ones.
        accuracy: How often a picture was rightly called new or known, both counting alike; 0.5 is chance.
        interval: Its 99 % interval.
    """

    count: int
    known: int
    accuracy: float
    interval: Interval

    @property
    def has_drifted(self) -> bool:
        """Whether that is more often than chance explains."""
        return self.interval[0] > CHANCE

    @property
    def words(self) -> str:
        """What came out, in a sentence."""
        outcome = (
            f"a classifier told {self.count:,} new pictures from {self.known:,} known ones in {percent(self.accuracy)} "
            f"of cases (99 % interval {percent(self.interval[0])} to {percent(self.interval[1])}; chance is 50 %)"
        )
        if self.has_drifted:
            return f"the pictures no longer look like those of the training: {outcome}"
        return f"no drift was found: {outcome}"

    def as_json(self) -> dict[str, Any]:
        """Return the figures and the sentence."""
        return {"drift": {**asdict(self), "has_drifted": self.has_drifted, "words": self.words}}


def drift_of(reference: DriftReference, places: Floats) -> Drift | None:
    """Return how well new pictures can be told from known ones; None where there are too few of either.

    Args:
        places: (N, Q) of new pictures, as `DriftReference.along` returns them.
    """
    known = reference.known
    if min(len(known), len(places)) < FEWEST:
        return None
    both = np.concatenate([known, places]).astype(np.float64)
    is_new = np.arange(len(both)) >= len(known)
    right = _right(np.concatenate([both, both**2], axis=1), is_new)
    sizes = np.array([len(known), len(places)])
    shares = np.array([right[~is_new].mean(), right[is_new].mean()])
    interval = mean_share_interval(shares, sizes, quantile=NormalDist().inv_cdf((1 + LEVEL) / 2))
    return Drift(len(places), len(known), float(shares.mean()), interval)


def _right(numbers: Floats, is_new: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return whether each picture is called rightly by ridge regression on the others' folds, (N,)."""
    wanted = np.where(is_new, 1.0, -1.0)
    weights = np.where(is_new, 1 / is_new.sum(), 1 / (~is_new).sum()) * len(is_new) / 2
    folds = np.random.default_rng(SEED).permutation(len(is_new)) % FOLDS
    called = np.zeros(len(is_new))
    for fold in range(FOLDS):
        others, own = folds != fold, folds == fold
        weight = weights[others]
        middle, level = (np.average(some[others], axis=0, weights=weight) for some in (numbers, wanted))
        centred = numbers[others] - middle
        normal = centred.T @ (centred * weight[:, None]) + RIDGE * np.sqrt(others.sum()) * np.eye(centred.shape[1])
        called[own] = (numbers[own] - middle) @ np.linalg.solve(normal, centred.T @ (weight * (wanted[others] - level)))
        called[own] += level
    right: NDArray[np.bool_] = (called > 0) == is_new
    return right
