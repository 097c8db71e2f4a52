"""What makes a model's confidence believable: a factor on its logits, and the threshold of its prediction sets.

Both are fitted on pictures that were not learnt from; which these were stands beside them. What they are worth
`sightline.evaluation.confidence` measures on the test part.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sightline.evaluation.prediction_sets import LEVEL, SetRule, set_threshold
from sightline.evaluation.temperature import FACTORS, fitted_temperature, softmax
from sightline.evaluation.trust.calibration_set import CHOOSING, ORIGINS

MOST_COUNTED = 2**53
"""Every whole number below is the same in any program that reads JSON."""


@dataclass(frozen=True)
class Calibration:
    """What was learnt about a model's confidence.

    Args:
        factor: Multiplies the logits before softmax; one over the temperature; 0.0001 to 10,000.
        level: The share of pictures whose true class shall be in the prediction set, between 0 and 1.
        threshold: The probability from which on a class belongs to the set, 0 to 1.
        count: How many pictures both were fitted on.
        origin: Which pictures those were: one of `sightline.evaluation.trust.calibration_set.ORIGINS`.

    Raises:
        ValueError: A value is of another kind or out of its range.
    """

    factor: float
    level: float
    threshold: float
    count: int
    origin: str = CHOOSING

    def __post_init__(self) -> None:
        """Look at every value, for a model file may hold anything."""
        shares = (self.factor, self.level, self.threshold)
        sound = type(self.count) is int and all(type(share) in (int, float) for share in shares)
        sound = sound and FACTORS[0] <= self.factor <= FACTORS[1] and 0 < self.level < 1
        sound = sound and isinstance(self.origin, str) and self.origin in ORIGINS
        if not (sound and 0 <= self.threshold <= 1 <= self.count < MOST_COUNTED):
            raise ValueError(f"there is no such calibration: {self}")

    def rule(self, classes: int) -> SetRule:
        """Return the rule of prediction sets that the threshold makes, for a model file that holds no more than it."""
        return SetRule("lac", self.level, np.full(classes, -float(self.threshold)))

    def as_json(self) -> dict[str, Any]:
        """Return plain values for a manifest."""
        return asdict(self)

    @classmethod
    def of_json(cls, value: Any) -> "Calibration":
        """Read what `as_json` wrote; further entries, of a newer version, are passed over.

        Raises:
            ValueError: A value is missing, of another kind or out of its range.
        """
        if not isinstance(value, dict) or not {"factor", "level", "threshold", "count"} <= value.keys():
            raise ValueError(f"expected factor, level, threshold and count, not {value!r}")
        return cls(value["factor"], value["level"], value["threshold"], value["count"], value.get("origin", CHOOSING))


def calibrate(logits: ArrayLike, labels: ArrayLike, *, level: float = LEVEL, origin: str = CHOOSING) -> Calibration:
    """Fit factor and threshold on pictures that were not learnt from.

    Args:
        logits: (N, C), the network's own.
        labels: (N,) whole numbers in 0 to C - 1.
        level: The share of pictures whose true class shall be in the prediction set, between 0 and 1.
        origin: Which pictures these are.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.
    """
    factor = fitted_temperature(logits, labels)
    probabilities = softmax(factor * np.asarray(logits, np.float64))
    return Calibration(factor, level, set_threshold(probabilities, labels, level), len(probabilities), origin)
