"""What a model says of its answers besides probabilities: which classes may be true, and whether none is."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sightline.core.errors import BundleError, SettingsError
from sightline.core.percent import percent
from sightline.evaluation.calibration import Calibration
from sightline.evaluation.prediction_sets import SetRule
from sightline.evaluation.trust.calibration_set import MOST_NUMBERS, CalibrationSet
from sightline.evaluation.trust.enrolled_fit import EnrolledFit
from sightline.inference.arrays.array_file import Arrays
from sightline.inference.arrays.enrolled_fit import enrolled_fit_in
from sightline.inference.arrays.unknown_detector import ENTRY, UnknownDetector, detector_of
from sightline.inference.bundle import TRAIN_AGAIN, Bundle
from sightline.inference.manifest import calibration_of, classes_of, learnt_of

PROBABILITIES, LABELS = "calibration.probabilities", "calibration.labels"


@dataclass(frozen=True, eq=False)
class Judgement:
    """What a model's answers are judged by.

    Args:
        calibration: As its manifest has it.
        answers: Those that any promise is made from; None where an older file has the threshold of one level alone.
        detector: Tells pictures of none of the classes; None where an older file has none.
        classes: How many were learnt.
        fit: How well pictures fit enrolled classes; None where none was enrolled.
        enrolled: How many classes were enrolled.
    """

    calibration: Calibration
    answers: CalibrationSet | None
    detector: UnknownDetector | None
    classes: int
    fit: EnrolledFit | None = None
    enrolled: int = 0

    def rule(self, missed: float | None, method: str = "lac") -> SetRule:
        """Return the rule of prediction sets.

        Args:
            missed: The share of pictures whose true class may be missing, between 0 and 1; None for the model's own.
            method: How ill a class fits, one of `sightline.evaluation.prediction_sets.SETS`.

        Raises:
            SettingsError: That is no such share, or so small that nothing is left of it.
            BundleError: Another level is asked for than the one that an older file has.
        """
        if missed is not None and not 0 < 1 - missed < 1:
            raise SettingsError(f"prediction sets that miss a share of {missed:g}", hint="expected 1e-6 to below 1")
        level = self.calibration.level if missed is None else 1 - missed
        learnt = self._learnt_rule(level, method)
        return learnt if self.fit is None else learnt.with_enrolled(self.fit.misfit(level), self.enrolled)

    @property
    def known(self) -> int:
        """How many known pictures say how strange one is: the fewest that stand behind any answer."""
        learnt = 0 if self.detector is None else len(self.detector.rule.known)
        return learnt if self.fit is None else min(len(self.fit), learnt)

    def require_rate(self, rate: float) -> None:
        """Raise unless known pictures can be refused wrongly at a rate.

        Raises:
            SettingsError: That is no share below 1.
            BundleError: The model can't tell unknown pictures, or too few known ones stand behind it.
        """
        if not 0 < rate < 1:
            raise SettingsError(f"a rate of refusals of {rate:g}", hint="expected above 0 and below 1, such as 0.05")
        if self.detector is None:
            raise BundleError(
                "the model says nothing of how typical a picture is, so no rate of refusals can be stated",
                hint="train it again with this version of sightline",
            )
        if rate < (least := 1 / (self.known + 1)):
            raise BundleError(
                f"{self.known:,} known pictures are too few for a rate of {rate:g}: none would ever be refused",
                hint=f"state {least:.3g} or more, or train with more pictures",
            )

    def refusal_meaning(self, detector: UnknownDetector, rate: float) -> str:
        """Return when a picture is taken for none of the classes, in words.

        Args:
            rate: The share of known pictures that may be refused.
        """
        learnt = detector.meaning(rate)
        if self.fit is None:
            return learnt
        return (
            f"{learnt}; if it is named as an enrolled class, where it fits that one no better than {percent(rate)} of "
            f"{len(self.fit):,} pictures of learnt classes did that have stood for new ones"
        )

    def _learnt_rule(self, level: float, method: str) -> SetRule:
        if self.answers is not None:
            return self.answers.rule(level, method)
        own = self.calibration.level
        if (level, method) != (own, "lac"):
            raise BundleError(
                f"the model holds one threshold for its prediction sets, of the level {own:g}, and nothing to make "
                f"another from",
                hint="train it again with this version of sightline, or leave the level out",
            )
        return self.calibration.rule(self.classes)


def judgement_of(bundle: Bundle, *, width: int) -> Judgement | None:
    """Return what a classifier's answers are judged by; None where it was not calibrated.

    Args:
        width: How many features its graph gives; 0 for none.

    Raises:
        BundleError: Something of it is not understood.
    """
    calibration, classes = calibration_of(bundle.manifest), len(learnt_of(bundle.manifest))
    enrolled = len(classes_of(bundle.manifest)) - classes
    if calibration is None:
        return None
    try:
        arrays = bundle.named_arrays()
        fit = enrolled_fit_in(arrays)
        if enrolled and fit is None:  # what was calibrated knew other classes
            return None
        detector = detector_of(bundle.manifest.get(ENTRY), arrays, width=width)
        return Judgement(calibration, _answers(arrays, classes), detector, classes, fit if enrolled else None, enrolled)
    except ValueError as error:
        raise BundleError(f"what its answers are judged by is not understood: {error}", hint=TRAIN_AGAIN) from error


def calibration_arrays(answers: CalibrationSet) -> Arrays:
    """Return what a bundle keeps of the answers that promises are made from, by name."""
    return {PROBABILITIES: answers.probabilities.astype(np.float32), LABELS: answers.labels.astype(np.int64)}


def most_kept(classes: int) -> int:
    """Return of how many pictures the answers are kept at most."""
    return MOST_NUMBERS // classes


def _answers(arrays: dict[str, npt.NDArray[Any]], classes: int) -> CalibrationSet | None:
    """Return the answers that a file holds; None if it holds none.

    Raises:
        ValueError: They do not fit the classes, or are no probabilities.
    """
    if PROBABILITIES not in arrays and LABELS not in arrays:
        return None
    found = arrays.get(PROBABILITIES), arrays.get(LABELS)
    probabilities, labels = found
    if probabilities is None or labels is None or probabilities.dtype != np.float32 or labels.dtype != np.int64:
        raise ValueError(f"its calibration answers have the types {[getattr(one, 'dtype', None) for one in found]}")
    if probabilities.shape[1:] != (classes,):
        raise ValueError(f"its calibration answers are {list(probabilities.shape[:4])}; expected {classes} classes")
    return CalibrationSet(probabilities, labels)
