"""What a model's confidence is worth on pictures that it was not calibrated on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sightline.core.percent import percent
from sightline.evaluation.calibration import Calibration
from sightline.evaluation.prediction_sets import Coverage, coverage
from sightline.evaluation.scores import checked

BINS = 15
"""As in Guo et al. (2017)."""


@dataclass(frozen=True)
class Confidence:
    """What confidence and prediction sets are worth.

    Args:
        calibration: What the model file says of itself.
        coverage: Of its prediction sets.
        error: The expected calibration error, 0 to 1.
    """

    calibration: Calibration
    coverage: Coverage
    error: float

    @property
    def words(self) -> str:
        """Both in two or three sentences."""
        sets, wanted = self.coverage, self.calibration.level
        sentences = (
            f"Confidence and accuracy lie {_points(self.error)} points apart on average (expected calibration error). "
            f"Its sets hold the true class of {percent(sets.covered)} of these pictures (meant: {percent(wanted)}), "
            f"with {sets.mean_size:.2f} classes each."
        )
        if not sets.empty:
            return sentences
        return (
            f"{sentences} {percent(sets.empty)} are empty: no class is likely enough there, and a person should look."
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "expected_calibration_error": self.error,
            **{f"set_{name}": value for name, value in self.coverage._asdict().items()},
            "calibration": self.calibration.as_json(),
            "words": self.words,
        }


def confidence_of(calibration: Calibration, probabilities: ArrayLike, labels: ArrayLike) -> Confidence:
    """Measure what a calibration is worth.

    Args:
        calibration: Of the model that gave the probabilities.
        probabilities: (N, C) in 0 to 1.
        labels: (N,) whole numbers in 0 to C - 1.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.
    """
    return Confidence(
        calibration,
        coverage(probabilities, labels, calibration.threshold),
        expected_calibration_error(probabilities, labels),
    )


def expected_calibration_error(probabilities: ArrayLike, labels: ArrayLike, *, bins: int = BINS) -> float:
    """Return how far confidence and accuracy lie apart, on average over bins of equal width.

    Args:
        probabilities: (N, C) in 0 to 1.
        labels: (N,) whole numbers in 0 to C - 1.
        bins: Of the largest probability; few pictures in many bins make it larger than it is.

    Returns:
        0 to 1; 0.05 says that a confidence of 80 % is right about 75 or 85 times in a hundred.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.

    Reference:
        M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian
        Binning", AAAI 2015. https://doi.org/10.1609/aaai.v29i1.9602
    """
    truth, table = checked(labels, probabilities)
    confidence = table.max(axis=1).astype(np.float64)
    places = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)  # bins are open below
    gaps = np.bincount(places, (table.argmax(axis=1) == truth) - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(table))


def _points(share: float) -> str:
    return f"{100 * share:.1f}"
