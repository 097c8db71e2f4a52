"""What makes a model's confidence believable: a factor on its logits, and the threshold of its prediction sets.

Both are fitted on the validation part, which also chose the best epoch and gave the factor before it gave
the threshold. So the level is nominal; `sightline.evaluation.confidence` measures on the test part what it is worth.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sightline.core.percent import percent
from sightline.evaluation.prediction_sets import LEVEL, set_threshold
from sightline.evaluation.temperature import FACTORS, fitted_temperature, softmax

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

    Raises:
        ValueError: A value is of another kind or out of its range.
    """

    factor: float
    level: float
    threshold: float
    count: int

    def __post_init__(self) -> None:
        """Look at every value, for a model file may hold anything."""
        shares = (self.factor, self.level, self.threshold)
        sound = type(self.count) is int and all(type(share) in (int, float) for share in shares)
        sound = sound and FACTORS[0] <= self.factor <= FACTORS[1] and 0 < self.level < 1
        if not (sound and 0 <= self.threshold <= 1 <= self.count < MOST_COUNTED):
            raise ValueError(f"there is no such calibration: {self}")

    @property
    def meaning(self) -> str:
        r"""What a prediction set is, in words.

        Example:
            >>> Calibration(1.0, 0.9, 0.31, 500).meaning
            'all classes of at least 31.0\xa0%; meant to hold the true class of 90.0\xa0% of pictures'
            >>> Calibration(1.0, 0.9, 0.0, 8).meaning
            'always all classes: 8 pictures are too few to leave one out and hold the true class of 90.0\xa0%'
        """
        level = percent(self.level)
        if not self.threshold:
            few = f"{self.count:,} pictures are too few to leave one out"
            return f"always all classes: {few} and hold the true class of {level}"
        return f"all classes of at least {percent(self.threshold)}; meant to hold the true class of {level} of pictures"

    @property
    def refusal(self) -> str:
        r"""What an empty prediction set says, in words.

        Example:
            >>> Calibration(1.0, 0.9, 0.31, 500).refusal
            'no class is likely enough: none reaches 31.0\xa0%, as the true class does on 90.0\xa0% of pictures'
        """
        return (
            f"no class is likely enough: none reaches {percent(self.threshold)}, "
            f"as the true class does on {percent(self.level)} of pictures"
        )

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
        return cls(value["factor"], value["level"], value["threshold"], value["count"])


def calibrate(logits: ArrayLike, labels: ArrayLike, *, level: float = LEVEL) -> Calibration:
    """Fit factor and threshold on pictures that were not learnt from.

    Args:
        logits: (N, C), the network's own.
        labels: (N,) whole numbers in 0 to C - 1.
        level: The share of pictures whose true class shall be in the prediction set, between 0 and 1.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.
    """
    factor = fitted_temperature(logits, labels)
    probabilities = softmax(factor * np.asarray(logits, np.float64))
    return Calibration(factor, level, set_threshold(probabilities, labels, level), len(probabilities))
