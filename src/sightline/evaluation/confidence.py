"""What a model's confidence is worth on pictures that it was not calibrated on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from sightline.core.intervals import Interval, wilson_interval
from sightline.core.percent import SPACE, percent
from sightline.evaluation.calibration import Calibration
from sightline.evaluation.prediction_sets import Coverage, SetRule, coverage
from sightline.evaluation.reliability import Reliability, reliability_of
from sightline.evaluation.trust.calibration_error import (
    Measured,
    brier_score,
    debiased_calibration_error,
    expected_calibration_error,
)
from sightline.evaluation.trust.calibration_set import meaning_of
from sightline.evaluation.words import interval_words


@dataclass(frozen=True)
class Confidence:
    """What confidence and prediction sets are worth.

    Args:
        calibration: What the model file says of itself.
        rule: Of its prediction sets.
        coverage: Of its prediction sets.
        error: The expected calibration error, 0 to 1.
        debiased: The same without what the number of pictures adds to it.
        brier: The Brier score, 0 to 2.
        reliability: How sure it was, and how often it was right.
    """

    calibration: Calibration
    rule: SetRule
    coverage: Coverage
    error: float
    debiased: Measured
    brier: Measured
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
            f"about {_points(self.reliability.chance_error)} would come of the number of pictures alone; "
            f"without that the root mean square is {_points(self.debiased.value)} (95{SPACE}% interval "
            f"{_points(self.debiased.interval[0])} to {_points(self.debiased.interval[1])}). "
            f"The Brier score is {self.brier.value:.3f} ({self.brier.interval[0]:.3f} to "
            f"{self.brier.interval[1]:.3f}); 0 would be certain and right each time."
        )

    @property
    def sets_meaning(self) -> str:
        """What a prediction set is, what that stands on and how it is read, in a sentence or two."""
        meaning = meaning_of(self.rule, count=self.calibration.count, origin=self.calibration.origin)
        return f"A prediction set holds {meaning}. In a set one class is a sure answer, several are a doubt."

    @property
    def covered_interval(self) -> Interval:
        """Wilson's 95 % interval of the share of pictures whose true class is in their set."""
        count = self.reliability.count
        return wilson_interval(round(self.coverage.covered * count), count)

    @property
    def promise(self) -> str:
        """``"kept"``, ``"missed-by-chance"``, or ``"broken"`` where chance does not explain what is missing."""
        if self.coverage.covered >= self.rule.level:
            return "kept"
        return "missed-by-chance" if self.covered_interval[1] >= self.rule.level else "broken"

    @property
    def sets_words(self) -> str:
        """Whether the sets keep their promise, and how large they are."""
        sets, wanted = self.coverage, percent(self.rule.level)
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
        alone = (
            f"; in {percent(sets.empty)} no class is likely enough, and the likeliest stands alone"
            if sets.empty
            else ""
        )
        return f"{sentences}{alone}."

    def worst_class(self, classes: Sequence[str]) -> str:
        """Return the class whose sets hold it least often in words; empty where there are no two classes to compare.

        Args:
            classes: Their names, in the order of the coverage.
        """
        shown = [
            (one.covered / one.pictures, name, one)
            for name, one in zip(classes, self.coverage.by_class, strict=True)
            if one.pictures
        ]
        if len(shown) < 2:  # noqa: PLR2004 - a comparison takes two
            return ""
        share, name, one = min(shown)
        return (
            f"The class that its sets hold least often is {name}: {percent(share)} of {one.pictures:,} pictures "
            f"(95{SPACE}% interval {interval_words(one.interval)})."
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "expected_calibration_error": self.error,
            "debiased_calibration_error": self.debiased._asdict(),
            "brier_score": self.brier._asdict(),
            **{f"set_{name}": value for name, value in self.coverage._asdict().items() if name != "by_class"},
            "set_covered_by_class": [one._asdict() | {"interval": one.interval} for one in self.coverage.by_class],
            "set_covered_interval": list(self.covered_interval),
            "set_promise": self.promise,
            "reliability": self.reliability.as_json(),
            "calibration": self.calibration.as_json(),
            "words": self.words,
        }


def confidence_of(calibration: Calibration, rule: SetRule, probabilities: ArrayLike, labels: ArrayLike) -> Confidence:
    """Measure what a calibration is worth.

    Args:
        calibration: Of the model that gave the probabilities.
        rule: Of its prediction sets.
        probabilities: (N, C) in 0 to 1.
        labels: (N,) whole numbers in 0 to C - 1.

    Raises:
        ValueError: The shapes do not fit, there are no pictures, or a value is out of its range.
    """
    return Confidence(
        calibration,
        rule,
        coverage(probabilities, labels, rule),
        expected_calibration_error(probabilities, labels),
        debiased_calibration_error(probabilities, labels),
        brier_score(probabilities, labels),
        reliability_of(probabilities, labels),
    )


def _points(share: float) -> str:
    return f"{100 * share:.1f}"
