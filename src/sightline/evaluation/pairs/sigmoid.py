"""A probability of a score: the sigmoid that fits best, for what is either so or not."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_STEPS = 100
SMALLEST_STEP = 1e-10
RIDGE = 1e-12
ENOUGH = 1e-4


@dataclass(frozen=True)
class Sigmoid:
    """From a score to a probability: 1 / (1 + exp(-(slope * score + offset))).

    Args:
        slope: Above 0 where large scores speak for it.
        offset: The log-odds at the score 0.
    """

    slope: float
    offset: float

    def log_odds(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Return log-odds, of the shape of the scores."""
        values: NDArray[np.float64] = self.slope * np.asarray(scores, np.float64) + self.offset
        return values

    def __call__(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Return probabilities, of the shape of the scores."""
        values: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(self.log_odds(scores), -500, 500)))
        return values

    def as_json(self) -> dict[str, Any]:
        """Return plain values for a manifest."""
        return {"slope": self.slope, "offset": self.offset}


def fitted_sigmoid(scores: ArrayLike, is_so: ArrayLike, *, weights: ArrayLike | None = None) -> Sigmoid:
    """Return the sigmoid with the smallest mean loss, by Newton's method with shorter steps where one goes too far.

    The targets are not 0 and 1 but what so many cases of each kind let one expect of the next, so that the slope stays
    finite where the scores tell both kinds apart.

    Args:
        scores: (N,) finite.
        is_so: (N,) bool, of both kinds some.
        weights: (N,) how much each counts, above 0; all alike if not given.

    Raises:
        ValueError: The shapes do not fit, a score is not finite, or all are of one kind.

    Reference:
        J. Platt, "Probabilistic Outputs for Support Vector Machines", 1999.
        H.-T. Lin, C.-J. Lin, R. C. Weng, "A note on Platt's probabilistic outputs for support vector machines",
        Machine Learning 68, 2007: how it is fitted. https://doi.org/10.1007/s10994-007-5018-6

    Example:
        >>> both = fitted_sigmoid([-1.0, -1.0, 1.0, 1.0], [False, False, True, True])
        >>> both([-1.0, 0.0, 1.0]).round(2).tolist()
        [0.25, 0.5, 0.75]
    """
    values, positive = np.asarray(scores, np.float64), np.asarray(is_so, bool)
    if values.ndim != 1 or values.shape != positive.shape or not np.isfinite(values).all():
        raise ValueError("expected a finite score and a bool of each case")
    count = int(positive.sum())
    if not 0 < count < len(positive):
        raise ValueError("expected cases of both kinds")
    counts = np.ones(len(values)) if weights is None else np.asarray(weights, np.float64)
    targets = np.where(positive, (count + 1) / (count + 2), 1 / (len(positive) - count + 2))
    table = np.stack([values, np.ones_like(values)], axis=1)  # (N, 2)
    place = np.array([0.0, np.log((count + 1) / (len(positive) - count + 1))])
    for _ in range(MOST_STEPS):
        shares = 1 / (1 + np.exp(-table @ place))
        gradient = table.T @ (counts * (shares - targets))
        if np.abs(gradient).max() < ENOUGH * counts.mean():
            break
        curvature = table.T @ (table * (counts * shares * (1 - shares))[:, None]) + RIDGE * np.eye(2)
        place = _shortened(table, targets, counts, place=place, step=np.linalg.solve(curvature, -gradient))
    return Sigmoid(float(place[0]), float(place[1]))


def _shortened(
    table: NDArray[np.float64],
    targets: NDArray[np.float64],
    counts: NDArray[np.float64],
    *,
    place: NDArray[np.float64],
    step: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return where a step leads, halved until the loss falls."""

    def loss(at: NDArray[np.float64]) -> float:
        log_odds = table @ at
        return float((counts * (np.logaddexp(0, log_odds) - targets * log_odds)).sum())

    before, length = loss(place), 1.0
    while loss(place + length * step) > before and length > SMALLEST_STEP:
        length /= 2
    return place + length * step
