"""Confidence that can be believed: one factor on the logits, and sets that hold the truth as often as they say.

A network trained until its training pictures are right is surer than it should be. Both are fitted on
the validation part, which also chose the best epoch and gave the factor before it gave the threshold: the
level is nominal. What it is worth, `coverage` measures on the test part.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import ceil, exp, log, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sightline.evaluation.scores import checked

LEVEL = 0.9
FACTORS = (1e-4, 1e4)
"""For the logits of a network, and for scores of any scale, such as squared distances."""
MOST_COUNTED = 2**53
"""Every whole number below is the same in any program that reads JSON."""
LOG_PRECISION = 1e-5
GOLDEN = (sqrt(5) - 1) / 2
ROUNDING = 1e-9
BINS = 15
"""As in Guo et al. (2017)."""


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
        """Look at every value, for a model file may say anything."""
        shares = (self.factor, self.level, self.threshold)
        sound = type(self.count) is int and all(type(share) in (int, float) for share in shares)
        sound = sound and FACTORS[0] <= self.factor <= FACTORS[1] and 0 < self.level < 1
        if not (sound and 0 <= self.threshold <= 1 <= self.count < MOST_COUNTED):
            raise ValueError(f"there is no such calibration: {self}")

    @property
    def meaning(self) -> str:
        """What a prediction set is, in words.

        Example:
            >>> Calibration(1.0, 0.9, 0.31, 500).meaning
            'all classes of at least 31.0%; meant to hold the true class of 90% of pictures'
            >>> Calibration(1.0, 0.9, 0.0, 8).meaning
            'always all classes: 8 pictures are too few to leave one out and hold the true class of 90%'
        """
        level = f"{100 * self.level:g}%"
        if not self.threshold:
            few = f"{self.count:,} pictures are too few to leave one out"
            return f"always all classes: {few} and hold the true class of {level}"
        return (
            f"all classes of at least {_percent(self.threshold)}; meant to hold the true class of {level} of pictures"
        )

    @property
    def refusal(self) -> str:
        """What an empty prediction set says, in words.

        Example:
            >>> Calibration(1.0, 0.9, 0.31, 500).refusal
            'no class is likely enough: none reaches 31.0%, as the true class does on 90% of pictures'
        """
        return (
            f"no class is likely enough: none reaches {_percent(self.threshold)}, "
            f"as the true class does on {100 * self.level:g}% of pictures"
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values for a manifest."""
        return asdict(self)

    @classmethod
    def of_json(cls, value: Any) -> "Calibration":
        """Return what `as_json` told of; what else is said there is passed over.

        Raises:
            ValueError: A value is missing, of another kind or out of its range.
        """
        if not isinstance(value, dict) or not {"factor", "level", "threshold", "count"} <= value.keys():
            raise ValueError(f"expected factor, level, threshold and count, not {value!r}")
        return cls(value["factor"], value["level"], value["threshold"], value["count"])


class Coverage(NamedTuple):
    """What prediction sets are worth.

    Args:
        covered: The share of pictures whose true class is in their set.
        mean_size: How many classes a set has, on average.
        empty: The share of pictures whose set has no class.
    """

    covered: float
    mean_size: float
    empty: float


@dataclass(frozen=True)
class Confidence:
    """What a model's confidence is worth on pictures that it was not calibrated on.

    Args:
        calibration: What the model file says.
        coverage: Of its prediction sets.
        error: The expected calibration error.
    """

    calibration: Calibration
    coverage: Coverage
    error: float

    @property
    def words(self) -> str:
        """Say both in two or three sentences."""
        sets, wanted = self.coverage, self.calibration.level
        said = (
            f"Confidence and accuracy lie {_points(self.error)} points apart on average (expected calibration error). "
            f"Its sets hold the true class of {_percent(sets.covered)} of these pictures (meant: {_percent(wanted)}), "
            f"with {sets.mean_size:.2f} classes each."
        )
        if sets.empty:
            said += f" {_percent(sets.empty)} are empty: no class is likely enough there, and a person should look."
        return said

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


def calibrate(logits: ArrayLike, labels: ArrayLike, *, level: float = LEVEL) -> Calibration:
    """Fit factor and threshold on pictures that were not learnt from.

    Args:
        logits: (N, C), the network's own.
        labels: (N,) whole numbers in 0 to C - 1.
        level: The share of pictures whose true class shall be in the prediction set.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.
    """
    factor = fitted_temperature(logits, labels)
    probabilities = softmax(factor * np.asarray(logits, np.float64))
    return Calibration(factor, level, set_threshold(probabilities, labels, level), len(probabilities))


def fitted_temperature(logits: ArrayLike, labels: ArrayLike) -> float:
    """Return the factor on the logits, one over the temperature, with the smallest mean loss.

    Where all N answers are right, the plain loss falls for ever as the factor grows. So the target is 1 only
    up to 1/(N + 2), which the other classes share: what N right answers of N let one expect of the next
    picture (Laplace's rule of succession, Platt's targets). For many pictures this changes nothing.

    Args:
        logits: (N, C) finite.
        labels: (N,) whole numbers in 0 to C - 1.

    Returns:
        The factor, within 0.0001 and 10,000; 1 where the logits tell no class from another.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.

    Reference:
        C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural Networks", ICML 2017.
        https://arxiv.org/abs/1706.04599
        J. Platt, "Probabilistic Outputs for Support Vector Machines", 1999, section 2.2: the targets.

    Example:
        >>> round(fitted_temperature([[5.0, 0.0]] * 10, [0] * 10), 3)  # ten of ten: 11 to 1, and log 11 = 2.4
        0.48
    """
    table = np.asarray(logits, np.float64)
    if not np.isfinite(table).all():
        raise ValueError("logits must be finite")
    truth, _ = checked(labels, softmax(table))
    if not np.ptp(table, axis=1).any():
        return 1.0
    table = table - table.max(axis=1, keepdims=True)
    doubt = 1 / (len(table) + 2)
    own = table[np.arange(len(table)), truth]
    others = (table.sum(axis=1) - own) / (table.shape[1] - 1)
    wanted = float(((1 - doubt) * own + doubt * others).mean())

    def loss(log_factor: float) -> float:
        factor = exp(log_factor)
        return float(np.log(np.exp(factor * table).sum(axis=1)).mean()) - factor * wanted

    return exp(_lowest(loss, log(FACTORS[0]), log(FACTORS[1])))


def set_threshold(probabilities: ArrayLike, labels: ArrayLike, level: float = LEVEL) -> float:
    """Return the probability from which on a class belongs to the prediction set (split conformal, LAC).

    Of new pictures that are like these, at least `level` have their true class in the set, whatever the
    model is worth; a worse model has larger sets. A set may be empty: then no class is as likely as true
    classes use to be.

    Args:
        probabilities: (N, C) in 0 to 1.
        labels: (N,) whole numbers in 0 to C - 1.
        level: Between 0 and 1.

    Returns:
        The ceil((N + 1) * level)-th largest probability of a true class; 0, which lets every class in, where
        there are too few pictures to promise the level: fewer than level / (1 - level), nine for 0.9.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.

    Reference:
        M. Sadinle, J. Lei, L. Wasserman, "Least Ambiguous Set-Valued Classifiers With Bounded Error Levels",
        Journal of the American Statistical Association 114, 2019. https://arxiv.org/abs/1609.00451

    Example:
        >>> set_threshold([[0.9, 0.1]] * 8 + [[0.3, 0.7]], [0] * 9), set_threshold([[0.9, 0.1]] * 8, [0] * 8)
        (0.3, 0.0)
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    truth, table = checked(labels, probabilities)
    place = max(1, ceil((len(table) + 1) * level - ROUNDING))
    if place > len(table):
        return 0.0
    return float(np.clip(np.sort(table[np.arange(len(table)), truth])[-place], 0, 1))


def coverage(probabilities: ArrayLike, labels: ArrayLike, threshold: float) -> Coverage:
    """Measure prediction sets on pictures that the threshold was not fitted on.

    Args:
        probabilities: (N, C) in 0 to 1.
        labels: (N,) whole numbers in 0 to C - 1.
        threshold: See `set_threshold`.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.

    Example:
        >>> coverage([[0.6, 0.4], [0.5, 0.5], [0.9, 0.1]], [0, 1, 1], 0.5)
        Coverage(covered=0.6666666666666666, mean_size=1.3333333333333333, empty=0.0)
    """
    truth, table = checked(labels, probabilities)
    sets = table >= threshold  # (N, C)
    covered, sizes = sets[np.arange(len(table)), truth], sets.sum(axis=1)
    return Coverage(float(covered.mean()), float(sizes.mean()), float((sizes == 0).mean()))


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


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N, C) probabilities, each row summing to one, of (N, C) logits."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True, initial=-np.inf))
    shares: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _percent(share: float) -> str:
    """Return a share as text, with as many digits as tell it from certainty."""
    for digits in range(1, 9):
        text = f"{share:.{digits}%}"
        if not text.startswith("100"):
            break
    return text


def _points(share: float) -> str:
    return f"{100 * share:.1f}"


def _lowest(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function that first falls and then rises is lowest, by golden section search.

    Reference:
        J. Kiefer, "Sequential minimax search for a maximum", Proceedings of the American Mathematical
        Society 4, 1953. https://doi.org/10.1090/S0002-9939-1953-0055639-3
    """
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    while high - low > LOG_PRECISION:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = function(right)
    return (low + high) / 2
