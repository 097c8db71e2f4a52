"""The report on a run, or on a model and any labelled pictures; computed through the model that ships."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sightline.core.clock import now
from sightline.core.findings import Finding
from sightline.core.storage import json_text
from sightline.data.splits import Split
from sightline.evaluation.confidence import confidence_of
from sightline.evaluation.key_figures import key_figures
from sightline.evaluation.report import Head, Report, Section, in_order
from sightline.evaluation.report.classes import Classes
from sightline.evaluation.report.confidence import ConfidenceWorth
from sightline.evaluation.report.confusion import Confusion
from sightline.evaluation.report.examples import Examples
from sightline.evaluation.report.findings import Findings
from sightline.evaluation.report.labels import Labels
from sightline.evaluation.report.mistakes import Mistakes, Uncertain
from sightline.evaluation.report.next_steps import NextStep, NextSteps
from sightline.evaluation.report.overlap import Overlap
from sightline.evaluation.report.provenance import Provenance
from sightline.evaluation.report.result import Result
from sightline.evaluation.scores import Scores
from sightline.evaluation.trust.label_errors import accuracy_range, label_errors
from sightline.evaluation.trust.refusals import Refusals
from sightline.inference.classifier import Classifier
from sightline.line.answers import Answers
from sightline.line.trust.suspects import Suspects

MISTAKES_HTML = "mistakes.html"
"""The page of all mistakes, beside the report."""
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


@dataclass(frozen=True)
class Origin:
    """Where a run's model comes from.

    Args:
        split: Who was for what.
        settings: Of the training, as names and values.
        readings: How often the test part has been read, this time included.
        trained: What the shipped graph was compared with, such as ``"trained network"``.
        seconds: How long the model learnt.
        overlap: How many pictures of the test part the model's base has seen; None where it has none of the user's own.
    """

    split: Split
    settings: Mapping[str, Any]
    readings: int
    trained: str
    seconds: float
    overlap: Overlap | None = None


def report_on_data(
    answers: Answers,
    classifier: Classifier,
    *,
    findings: Sequence[Finding],
    overlap: Overlap,
    steps: Sequence[NextStep] = (),
    sections: Sequence[Section] = (),
    mistakes: str = MISTAKES_HTML,
) -> Report:
    """Return a report on pictures that need not have anything to do with the training.

    Args:
        answers: Of the model to the pictures.
        classifier: The model, as loaded from its bundle.
        findings: Of the checks of these pictures.
        overlap: How many of them the model has seen before.
        steps: What to do next, as commands.
        sections: What is known of the model besides, in any order.
        mistakes: The name of the page of all mistakes, beside the report.
    """
    scores = answers.scores(classifier)
    next_steps: list[Section] = [NextSteps(tuple(steps))] if steps else []
    every = (
        *sections,
        Result(scores, readings=1, unseen=False, overlap=overlap),
        *next_steps,
        *_common_sections(answers, classifier, scores, findings, mistakes=mistakes),
        _labels(answers),
        _provenance(classifier, split={}, readings=1, settings={}, proved="model that it was made of"),
    )
    return Report(_head(answers, classifier, scores), in_order(every))


def report_on_run(
    answers: Answers,
    classifier: Classifier,
    scores: Scores,
    *,
    origin: Origin,
    suspects: Suspects,
    correcting: NextStep | None,
    findings: Sequence[Finding],
    sections: Sequence[Section],
) -> Report:
    """Return the report on a finished training.

    Args:
        answers: Of the model to the test part.
        classifier: The model, as loaded from its bundle.
        scores: Of these answers, so that they are reckoned once.
        origin: Where the model comes from.
        suspects: The labels that it learnt from and that look wrong.
        correcting: How to learn again without them; None where no command can.
        findings: Of the whole run.
        sections: What the method of the training adds, in any order.
    """
    counts, settings = {**origin.split.counts(), "digest": origin.split.digest}, as_text(origin.settings)
    every = (
        Result(scores, origin.readings, unseen=not (origin.overlap and origin.overlap.seen), overlap=origin.overlap),
        *_common_sections(answers, classifier, scores, findings),
        _labels(answers, suspects, correcting),
        *sections,
        replace(
            _provenance(classifier, split=counts, readings=origin.readings, settings=settings, proved=origin.trained),
            seconds=origin.seconds,
        ),
    )
    return Report(_head(answers, classifier, scores), in_order(every))


def report_files(report: Report, answers: Answers, *, html: Path, json: Path, mistakes: Path) -> dict[Path, str]:
    """Return what the page of all mistakes, the report's page and its JSON twin hold; the twin comes last.

    Args:
        report: On the answers, as one page.
        answers: Of the model to the pictures of the report.
        html: Where the report's page goes.
        json: Where its figures go.
        mistakes: Where the page of all mistakes goes, beside the report, which links to it.
    """
    return {
        mistakes: answers.mistakes_page(f"Mistakes of {report.head.title}").html(),
        html: report.html(),
        json: json_text(report.as_json()),
    }


def as_text(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the values as text."""
    return {
        key: ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
        for key, value in values.items()
    }


def _head(answers: Answers, classifier: Classifier, scores: Scores) -> Head:
    name = str(classifier.manifest["model"]["name"])
    return Head(
        title=f"{name} on {answers.catalog.name}",
        model=name,
        parameters=classifier.parameters,
        classes=answers.classes,
        created=now(),
        figures=key_figures(scores),
    )


def _common_sections(
    answers: Answers,
    classifier: Classifier,
    scores: Scores,
    findings: Sequence[Finding],
    *,
    mistakes: str = MISTAKES_HTML,
) -> tuple[Section, ...]:
    """Return the sections that any model has on any labelled pictures."""
    return (
        *_confidence(answers, classifier),
        Findings(tuple(findings)),
        Examples(answers.examples()),
        Classes(scores),
        Confusion(scores),
        Mistakes(scores, answers.mistakes(), page=mistakes),
        Uncertain(answers.uncertain()),
    )


def _confidence(answers: Answers, classifier: Classifier) -> tuple[Section, ...]:
    if classifier.calibration is None:
        return ()
    worth = confidence_of(classifier.calibration, classifier.set_rule, answers.probabilities, answers.truth)
    return (ConfidenceWorth(worth, answers.classes, _refusals(answers, classifier)),)


def _refusals(answers: Answers, classifier: Classifier) -> Refusals | None:
    """Return how often known pictures are refused; None where the model can't tell unknown ones."""
    if answers.typicality is None:
        return None
    refused = int((answers.typicality <= classifier.rate).sum())
    known = classifier.required_judgement().known
    return Refusals(refused, len(answers.truth), classifier.rate, known, classifier.refusal_meaning)


def _labels(answers: Answers, suspects: Suspects | None = None, correcting: NextStep | None = None) -> Labels:
    errors = label_errors(answers.probabilities, answers.truth)
    accuracies = accuracy_range(answers.probabilities, answers.truth, errors)
    judged = Labels(errors, accuracies, answers.suspects(errors))
    if suspects is None:
        return judged
    return replace(judged, training=suspects.errors, learnt=suspects.pictures(), correcting=correcting)


def _provenance(
    classifier: Classifier, *, split: Mapping[str, object], readings: int, settings: Mapping[str, str], proved: str
) -> Provenance:
    manifest = classifier.manifest
    return Provenance(
        split=split,
        readings=readings,
        preprocess=as_text(manifest["preprocess"]),
        settings=settings,
        environment=as_text(manifest.get("environment", {})),
        proof=manifest.get("proof", {}),
        proved=proved,
    )
