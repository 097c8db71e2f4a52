"""What a trained network adds to the report of its run."""

from collections.abc import Sequence

from sightline.evaluation.curve_verdict import judge_curves
from sightline.evaluation.layers import Layers
from sightline.evaluation.report import Section
from sightline.evaluation.report.network.layers import Inside
from sightline.evaluation.report.network.training import History, Training, TrainingFigures
from sightline.evaluation.scores import Scores
from sightline.training.history import EpochRecord, best_epoch


def network_sections(
    history: Sequence[EpochRecord], *, epochs: int, patience: int, layers: Layers, scores: Scores
) -> tuple[Section, ...]:
    """Return how the training went, and how the layers were after it.

    Args:
        history: One record an epoch, at least one.
        epochs: How many were planned.
        patience: How many epochs without a better validation accuracy were to be waited for; 0 for all.
        layers: With filters, or at least one layer's course.
        scores: Of the test part.
    """
    return training_section(history, epochs=epochs, patience=patience, scores=scores), Inside(layers)


def training_section(history: Sequence[EpochRecord], *, epochs: int, patience: int, scores: Scores) -> Training:
    """Return how a training went, with its verdict; the arguments are those of `network_sections`."""
    course = course_of(history)
    stopped_early = len(history) < epochs and 0 < patience <= len(history) - best_epoch(history)
    verdict = judge_curves(
        training_loss=course.training_loss,
        validation_loss=course.validation_loss,
        training_accuracy=course.training_accuracy,
        validation_accuracy=course.validation_accuracy,
        baseline_accuracy=scores.baseline_accuracy,
        test_accuracy=scores.accuracy,
    )
    return Training(training_figures(history, stopped_early=stopped_early), course, verdict)


def course_of(history: Sequence[EpochRecord]) -> History:
    """Return the course of a training, a value an epoch."""
    return History(
        training_loss=tuple(record.training["loss"] for record in history),
        validation_loss=tuple(record.validation["loss"] for record in history),
        training_accuracy=tuple(record.training["accuracy"] for record in history),
        validation_accuracy=tuple(record.validation["accuracy"] for record in history),
        learning_rate=tuple(record.learning_rate for record in history),
    )


def training_figures(history: Sequence[EpochRecord], *, stopped_early: bool) -> TrainingFigures:
    """Return what a training took."""
    seconds = sum(record.seconds for record in history)
    pictures = sum(record.seconds * record.images_per_second for record in history)
    return TrainingFigures(
        epochs=len(history),
        seconds=seconds + sum(record.validation_seconds for record in history),
        images_per_second=pictures / seconds,
        waiting_share=sum(record.waiting_seconds for record in history) / seconds,
        best_epoch=best_epoch(history),
        stopped_early=stopped_early,
    )
