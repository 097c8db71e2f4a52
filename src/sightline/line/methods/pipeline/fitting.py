"""A classical pipeline is fitted in stages, and says how that went."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from sightline.classical.building import SideBySide, build_pipeline, fitted_numbers
from sightline.classical.fitting import FittingRecord, LabelledPictures, fit_pipeline
from sightline.classical.plan import Plan
from sightline.data.catalog import TRAIN, VALIDATION, Rows
from sightline.evaluation.fitting import FittingFigures
from sightline.line.methods.contract import Learnt, Subject
from sightline.line.methods.pipeline.sections import pipeline_sections
from sightline.line.methods.plane import plane_of
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared

if TYPE_CHECKING:
    from sightline.evaluation.report import Section
    from sightline.evaluation.scores import Scores
    from sightline.line.answers import Answers


@dataclass(frozen=True, eq=False)
class LearntPipeline(Learnt):
    """A pipeline that has been fitted.

    Args:
        fitting: What that took, and what was tried.
        training_accuracy: 0 to 1.
        validation_accuracy: 0 to 1.
    """

    features_are_fixed: ClassVar = True

    fitting: FittingFigures
    training_accuracy: float
    validation_accuracy: float

    @property
    def seconds(self) -> float:
        """Of all stages."""
        return self.fitting.seconds

    def sections(self, subject: "Subject", answers: "Answers", scores: "Scores") -> "tuple[Section, ...]":
        """Return the fit with its verdict, and the plane of its features where there are two."""
        split, labels = subject.prepared.split, subject.prepared.catalog.labels
        return pipeline_sections(
            self.fitting,
            training_accuracy=self.training_accuracy,
            validation_accuracy=self.validation_accuracy,
            validation_count=split.counts()[VALIDATION],
            scores=scores,
            plane=plane_of(
                self.model, subject.prepared.pixels, training=split.rows(TRAIN), labels=labels, answers=answers
            ),
        )


def fit(
    prepared: Prepared,
    plan: Plan,
    seed: int,
    *,
    folder: Path,
    narrator: Narrator,
    training: Rows | None = None,
) -> LearntPipeline:
    """Fit a pipeline.

    Args:
        seed: Decides what is left to chance.
        folder: Where stages that are done are kept.
        narrator: Who tells the user.
        training: (n,) rows to learn from; all of the training part if not given.

    Raises:
        SettingsError: The parts do not fit the pictures, or the classifier can't take so many.
    """
    split, catalog = prepared.split, prepared.catalog
    pipeline = build_pipeline(plan.as_options(), prepared.preprocess.format.shape)
    examples = LabelledPictures(
        prepared.pixels,
        catalog.labels,
        split.rows(TRAIN) if training is None else training,
        split.rows(VALIDATION),
        len(catalog.classes),
    )
    course = fit_pipeline(pipeline, plan, examples, seed=seed, folder=folder, counting=narrator.counting)
    features: SideBySide = pipeline.get_submodule("features")  # type: ignore[assignment]
    return LearntPipeline(
        model=pipeline,
        numbers=fitted_numbers(pipeline),
        batch=features.batch,
        graph_batch=features.batch,
        findings=(),
        fitting=fitting_figures(course),
        training_accuracy=course.fitted.training_accuracy,
        validation_accuracy=course.fitted.validation_accuracy,
    )


def fitting_figures(course: FittingRecord) -> FittingFigures:
    """Return what a fitting took and tried, as the report shows it."""
    classifier = course.fitted.classifier
    trials = tuple((trial.value, trial.training_accuracy, trial.validation_accuracy) for trial in classifier.trials)
    return FittingFigures(
        seconds=sum(seconds for _, seconds in course.stages),
        stages=course.stages,
        what=classifier.what,
        trials=trials,
        chosen=classifier.chosen,
        remarks=course.remarks,
    )
