"""What a model's confidence is worth on pictures that it was not calibrated on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sightline.core.percent import SPACE, percent
from sightline.evaluation.calibration import Calibration
from sightline.evaluation.prediction_sets import Coverage, coverage
from sightline.evaluation.reliability import Reliability, reliability_of
from sightline.evaluation.scores import Interval, checked, wilson_interval
from sightline.evaluation.words import interval_words

BINS = 15
"""As in Guo et al. (2017)."""


@dataclass(frozen=True)
class Confidence:
    """What confidence and prediction sets are worth.

    Args:
        calibration: What the model file says of itself.
        coverage: Of its prediction sets.
        error: The expected calibration error, 0 to 1.
        reliability: How sure it was, and how often it was right.
    """

    calibration: Calibration
    coverage: Coverage
    error: float
    reliability: Reliability

    @property
    def words(self) -> str:
        """All of it in a few sentences."""
        return f"{self.reliability.words} {self.error_words} {self.sets_meaning} {self.sets_words}"

    @property
    def error_words(self) -> str:
        """How far confidence and accuracy lie apart, and how much of that is the small number of pictures."""
        return (
            f"Confidence and accuracy lie {_points(self.error)} points apart on average (expected calibration error); "
            f"about {_points(self.reliability.chance_error)} would come of the number of pictures alone."
        )

    @property
    def sets_meaning(self) -> str:
        """What a prediction set is and how it is read, in a sentence."""
        if not self.calibration.threshold:
            return f"A prediction set holds {self.calibration.meaning}."
        return (
            f"A prediction set holds {self.calibration.meaning}: one class in it is a sure answer, several are a "
            "doubt, none asks for a person to look."
        )

    @property
    def covered_interval(self) -> Interval:
        """Wilson's 95 % interval of the share of pictures whose true class is in their set."""
        count = self.reliability.count
        return wilson_interval(round(self.coverage.covered * count), count)

    @property
    def promise(self) -> str:
        """``"kept"``, ``"missed-by-chance"``, or ``"broken"`` where chance does not explain what is missing."""
        if self.coverage.covered >= self.calibration.level:
            return "kept"
        return "missed-by-chance" if self.covered_interval[1] >= self.calibration.level else "broken"

    @property
    def sets_words(self) -> str:
        """Whether the sets keep their promise, and how large they are."""
        sets, wanted = self.coverage, percent(self.calibration.level)
        verdict = {
            "kept": f"as meant ({wanted})",
            "missed-by-chance": f"less than the {wanted} that are meant, which chance explains",
            "broken": f"clearly less than the {wanted} that are meant: do not rely on them for such pictures",
        }[self.promise]
        sentences = (
            f"Here sets hold the true class of {percent(sets.covered)} of the pictures "
            f"(95{SPACE}% interval {interval_words(self.covered_interval)}), {verdict}. "
            f"They have {sets.mean_size:.2f} classes on average"
        )
        return f"{sentences}; {percent(sets.empty)} are empty." if sets.empty else f"{sentences}."

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "expected_calibration_error": self.error,
            **{f"set_{name}": value for name, value in self.coverage._asdict().items()},
            "set_covered_interval": list(self.covered_interval),
            "set_promise": self.promise,
            "reliability": self.reliability.as_json(),
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
        reliability_of(probabilities, labels),
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
