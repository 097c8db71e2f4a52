"""The report on a run, or on a model and any labelled pictures; computed through the model that ships."""

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.core.findings import Finding
from sightline.core.storage import write_csv, write_json, write_whole
from sightline.data.catalog import VALIDATION
from sightline.data.splits import Split
from sightline.evaluation.calibration import Confidence, confidence_of
from sightline.evaluation.report import History, Report, TrainingFigures, report_html, report_json
from sightline.evaluation.verdict import judge_curves, judge_fit
from sightline.inference.classifier import Classifier
from sightline.line.answers import Answers
from sightline.line.settings import Settings
from sightline.training.history import EpochRecord, best_epoch

if TYPE_CHECKING:
    from sightline.line.learnt import Learnt

SHIPPED_FIGURES = (
    "count",
    "accuracy",
    "accuracy_interval",
    "macro_f1",
    "macro_f1_interval",
    "balanced_accuracy",
    "balanced_accuracy_interval",
    "loss",
    "baseline_accuracy",
)
"""The figures of the test part that travel in the model file."""


def report_on_data(answers: Answers, classifier: Classifier, *, findings: Sequence[Finding]) -> Report:
    """Return a report on pictures that need not have anything to do with the training."""
    manifest = classifier.manifest
    return Report(
        title=f"{manifest['model']['name']} on {answers.catalog.name}",
        model=str(manifest["model"]["name"]),
        parameters=classifier.parameters,
        classes=answers.classes,
        scores=answers.scores(classifier),
        findings=tuple(findings),
        mistakes=answers.mistakes(),
        uncertain=answers.uncertain(),
        split=None,
        training=None,
        history=None,
        verdict=None,
        test_readings=1,
        preprocess=as_text(manifest["preprocess"]),
        settings={},
        environment=as_text(manifest.get("environment", {})),
        created=now(),
        examples=answers.examples(),
        proof=manifest.get("proof"),
        confidence=_confidence(answers, classifier),
    )


def _confidence(answers: Answers, classifier: Classifier) -> Confidence | None:
    if classifier.calibration is None:
        return None
    return confidence_of(classifier.calibration, answers.probabilities, answers.truth)


def report_on_run(
    answers: Answers,
    classifier: Classifier,
    *,
    division: Split,
    settings: Settings,
    learnt: "Learnt",
    findings: Sequence[Finding],
    test_readings: int,
) -> Report:
    """Return the report on a finished training.

    Args:
        answers: What the model said of the test part.
        classifier: The model, as loaded from its bundle.
        division: Who was for what.
        settings: How it was trained.
        learnt: How that went.
        findings: What was noticed.
        test_readings: How often the test part has been read, this time included.
    """
    report = report_on_data(answers, classifier, findings=findings)
    report = replace(
        report,
        split={**division.counts(), "digest": division.digest},
        test_readings=test_readings,
        settings=as_text(asdict(settings)),
    )
    baseline_accuracy = report.scores.baseline_accuracy
    if learnt.fitting is not None:
        verdict = judge_fit(
            training_accuracy=learnt.training_accuracy,
            validation_accuracy=learnt.validation_accuracy,
            baseline_accuracy=baseline_accuracy,
            count=division.counts()[VALIDATION],
        )
        return replace(report, fitting=learnt.fitting, verdict=verdict)
    curves = _curves(learnt.history)
    return replace(
        report,
        training=_figures(learnt.history, stopped_early=_stopped_early(learnt.history, settings)),
        history=curves,
        verdict=judge_curves(
            training_loss=curves.training_loss,
            validation_loss=curves.validation_loss,
            training_accuracy=curves.training_accuracy,
            validation_accuracy=curves.validation_accuracy,
            baseline_accuracy=baseline_accuracy,
        ),
    )


def write_report(report: Report, *, html: Path, json: Path) -> dict[str, Any]:
    """Write the page and then its JSON twin, and return what the twin holds."""
    document = report_json(report)
    write_whole(html, report_html(report))
    write_json(json, document)
    return document


def note_reading(path: Path, split_digest: str) -> int:
    """Note that a test part is about to be read, and return how often it has been, this time included.

    Args:
        path: ``test-readings.csv`` of the run; it outlives ``--force``.
        split_digest: What tells this split from another.
    """
    readings: list[list[str]] = []
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            readings = list(csv.reader(file))[1:]
    readings.append([now(), split_digest])
    write_csv(path, ("time", "split_digest"), readings)
    return sum(reading[-1:] == [split_digest] for reading in readings)


def as_text(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the values as text."""
    return {
        key: ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
        for key, value in values.items()
    }


def now() -> str:
    """Return the time in UTC to the second, as text."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _curves(history: Sequence[EpochRecord]) -> History:
    return History(
        training_loss=tuple(record.training["loss"] for record in history),
        validation_loss=tuple(record.validation["loss"] for record in history),
        training_accuracy=tuple(record.training["accuracy"] for record in history),
        validation_accuracy=tuple(record.validation["accuracy"] for record in history),
        learning_rate=tuple(record.learning_rate for record in history),
    )


def _stopped_early(history: Sequence[EpochRecord], settings: Settings) -> bool:
    waited = len(history) - best_epoch(history)
    return len(history) < int(settings.epochs) and 0 < int(settings.patience) <= waited


def _figures(history: Sequence[EpochRecord], *, stopped_early: bool) -> TrainingFigures:
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
