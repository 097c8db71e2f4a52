"""What a fitted pipeline adds to the report of its run."""

from sightline.evaluation.fit_verdict import OF_PIPELINES, WaysOut, judge_fit
from sightline.evaluation.fitting import FittingFigures
from sightline.evaluation.plane import FeaturePlane
from sightline.evaluation.report import Section
from sightline.evaluation.report.pipeline.fitting import Fitting
from sightline.evaluation.report.pipeline.plane import Plane
from sightline.evaluation.scores import Scores


def pipeline_sections(
    fitting: FittingFigures,
    *,
    training_accuracy: float,
    validation_accuracy: float,
    validation_count: int,
    scores: Scores,
    plane: FeaturePlane | None,
    ways_out: WaysOut = OF_PIPELINES,
) -> tuple[Section, ...]:
    """Return how the fitting went, and the plane of the features if there are two.

    Args:
        fitting: What it took and tried.
        training_accuracy: 0 to 1, on the training part.
        validation_accuracy: 0 to 1, on the validation part.
        validation_count: How many pictures the validation part has.
        scores: Of the test part.
        plane: Of a pipeline with two features; None for any other.
        ways_out: What the verdict advises.
    """
    verdict = judge_fit(
        training_accuracy=training_accuracy,
        validation_accuracy=validation_accuracy,
        test_accuracy=scores.accuracy,
        baseline_accuracy=scores.baseline_accuracy,
        count=validation_count,
        test_count=scores.count,
        ways_out=ways_out,
    )
    return Fitting(fitting, verdict), *((Plane(plane),) if plane else ())
