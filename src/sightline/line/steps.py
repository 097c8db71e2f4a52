"""The whole line: check, split, fit the preprocessing, train, ship, and evaluate what was shipped."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sightline.core.errors import RunError
from sightline.core.findings import Finding, Severity, gravest_first
from sightline.core.storage import write_json, write_whole
from sightline.data.catalog import TEST, TRAIN, VALIDATION, Catalog
from sightline.data.handedness import flip_findings
from sightline.data.survey import BegunSurvey
from sightline.evaluation.calibration import calibrate
from sightline.inference.assembly import assembled
from sightline.inference.bundle import Bundle, write_bundle
from sightline.inference.classifier import Classifier
from sightline.inference.export.proof import evenly, proof_rows
from sightline.inference.tasks import classifier_of
from sightline.line.answers import ask
from sightline.line.baseline import compared
from sightline.line.examples import keep_examples
from sightline.line.inspection import insides_of
from sightline.line.learnt import Learnt, learn
from sightline.line.methods.fast_network import Fitted, fitted_to
from sightline.line.methods.plane import plane_of
from sightline.line.methods.recipe import require_possible
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared, begin_reading, prepare
from sightline.line.report import SHIPPED_FIGURES, note_reading, report_on_run, write_report
from sightline.line.run import Run, environment
from sightline.line.settings import Settings, settings_of
from sightline.models.changes.variations import symmetric_start
from sightline.models.changes.views import VIEWS

MOST_CALIBRATED = 5_000
"""Confidence is calibrated on so many validation pictures at most."""


def follow_line(
    run: Run, begun: BegunSurvey, settings: Settings, narrator: Narrator, *, started: float
) -> dict[str, Any]:
    """Go from pictures that are being read to the report, and return what its JSON twin holds.

    Args:
        run: Locked, and made ready for the settings.
        begun: The pictures.
        settings: As the user and the recipe named them.
        narrator: Who tells the user.
        started: When the command began, by `time.perf_counter`.

    Raises:
        DataError: The data must be mended first.
        SettingsError: The settings do not go together with the pictures.
        RunError: The pictures have changed since the run began, or the training diverged.
    """
    prepared = _prepared(begun, settings, narrator)
    remembered = _remember(run, prepared)
    fitted = fitted_to(prepared, settings, started=started, run=run)
    settings = fitted.settings
    noticed = gravest_first((*prepared.findings, *_doubtful(prepared, settings)))
    narrator.tell_findings(noticed)
    findings = (*noticed, *remembered)
    narrator.say(_plan(prepared, fitted))
    learnt = learn(run, prepared, fitted, narrator)
    narrator.say("writing and proving the model file")
    bundle = _assembled(learnt, prepared, settings)
    keep_examples(run, prepared, classifier_of(bundle), seed=settings.seed, narrator=narrator)
    return _evaluate_once(run, prepared, settings, learnt, findings, narrator, bundle)


def train_without_test(
    catalog: Catalog, *, out: Path, narrator: Narrator, **settings: Any
) -> tuple[Classifier, tuple[Finding, ...]]:
    """Train on all that is given but a validation part; for callers that test in their own way.

    Args:
        catalog: The pictures.
        out: An empty folder for the run.
        narrator: Who tells the user.
        settings: As for `train`.

    Returns:
        The classifier, and what was noticed.

    Raises:
        DataError: The data must be mended first.
        SettingsError: A setting is unknown or impossible.
        RunError: The training diverged.
    """
    started = time.perf_counter()
    chosen = replace(settings_of({**settings, "data": catalog.name}), test_fraction=0.0)
    run = Run(out)
    with begin_reading(catalog, chosen, keep_in=out) as begun:
        prepared = _prepared(begun, chosen, narrator)
    fitted = fitted_to(prepared, chosen, started=started, run=run)
    bundle = _assembled(learn(run, prepared, fitted, narrator), prepared, fitted.settings)
    write_bundle(run.model, bundle)
    return classifier_of(bundle), prepared.findings


def _prepared(begun: BegunSurvey, settings: Settings, narrator: Narrator) -> Prepared:
    """Return everything that a training needs, once it is known that the settings go together with the pictures.

    Raises:
        SettingsError: They don't.
        DataError: The data must be mended first.
    """
    require_possible(settings, begun.format, classes=len(begun.catalog.classes))
    with narrator.counting("reading pictures", len(begun.catalog)) as advance:
        return prepare(begun, settings, advance=advance)


def _doubtful(prepared: Prepared, settings: Settings) -> Iterator[Finding]:
    """Yield a warning for each setting that is possible but will hardly do what was wanted."""
    if settings.is_pipeline:
        return
    zeros = symmetric_start(settings.variation(), model=settings.model)
    if zeros:
        yield zeros
    looked_at = {"flip_horizontal": 0.5} if VIEWS[settings.views].mirrored else {}
    yield from flip_findings(
        prepared.catalog.classes,
        prepared.pixels,
        prepared.catalog.labels,
        prepared.split.rows(TRAIN),
        amounts=settings.amounts() | looked_at,
        seed=settings.seed,
    )


def _evaluate_once(
    run: Run,
    prepared: Prepared,
    settings: Settings,
    learnt: Learnt,
    findings: tuple[Finding, ...],
    narrator: Narrator,
    bundle: Bundle,
) -> dict[str, Any]:
    """Read the test part through the bundle that ships, write it with its figures, and report."""
    readings = note_reading(run.test_readings, prepared.split.digest)
    classifier = classifier_of(bundle, threads=1)  # a batch a core
    rows = prepared.split.rows(TEST)
    answers = ask(classifier, prepared.catalog, rows, prepared.pixels[rows])
    answers.write(run.predictions)
    comparison, noted = compared(prepared, settings, learnt, answers, narrator)
    report = report_on_run(
        answers,
        classifier,
        division=prepared.split,
        settings=settings,
        learnt=learnt,
        findings=(*findings, *noted),
        test_readings=readings,
    )
    report = replace(
        report,
        comparison=comparison,
        insides=None if settings.is_pipeline else insides_of(classifier, run),
        plane=plane_of(learnt, prepared, answers) if settings.is_pipeline else None,
    )
    figures = {key: figure for key, figure in report.scores.as_json().items() if key in SHIPPED_FIGURES}
    write_bundle(run.model, bundle.with_figures(figures))
    return write_report(report, html=run.report_html, json=run.report_json)


def _plan(prepared: Prepared, fitted: Fitted) -> str:
    height, width, channels = prepared.preprocess.format.shape
    counts = prepared.split.counts()
    return (
        f"{fitted.settings.model} on {height}x{width}x{channels} pictures of {len(prepared.catalog.classes)} classes: "
        f"{counts[TRAIN]:,} to learn from, {counts[VALIDATION]:,} to choose by, {counts[TEST]:,} to test on"
        f"{fitted.told}"
    )


def _remember(run: Run, prepared: Prepared) -> tuple[Finding, ...]:
    """Write split and environment, or compare them with those that the interrupted run began with.

    Raises:
        RunError: The pictures have changed since the run began.
    """
    text = prepared.split.table(prepared.catalog, prepared.survey)
    if run.split.exists() and run.split.read_bytes() != text.encode(errors="surrogateescape"):
        raise RunError(
            f"the pictures have changed since the run in {run.folder} began (see its split.csv)",
            hint="put them back as they were, choose another --out, or begin anew with --force",
        )
    write_whole(run.split, text)
    now_here = environment()
    before = _environment_before(run) if run.environment.exists() else now_here
    changed = tuple(
        f"{key}: {before.get(key)} -> {value}" for key, value in now_here.items() if before.get(key) != value
    )
    write_json(run.environment, now_here)
    if not changed:
        return ()
    return (
        Finding(
            "environment-changed",
            Severity.WARNING,
            "the run was continued on another machine or with other versions",
            "the weights may differ in their last bits from those of an uninterrupted run",
            changed,
        ),
    )


def _environment_before(run: Run) -> dict[str, Any]:
    try:
        return dict(json.loads(run.environment.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise RunError(f"{run.environment} is damaged: {error}", hint="begin the run anew with --force") from error


def _assembled(learnt: Learnt, prepared: Prepared, settings: Settings) -> Bundle:
    """Return the bundle of what was learnt, proved, without its test figures."""
    catalog = prepared.catalog
    validation = evenly(prepared.split.rows(VALIDATION), MOST_CALIBRATED)
    counts = np.bincount(catalog.labels[prepared.split.rows(TRAIN)], minlength=len(catalog.classes))
    manifest = {
        "method": "pipeline" if settings.is_pipeline else "network",
        "model": {"name": settings.model, "options": settings.model_options()},
        "classes": list(catalog.classes),
        "largest_class": int(counts.argmax()),
        "parameters": learnt.numbers,
        "preprocess": prepared.preprocess.description(),
        "split_digest": prepared.split.digest,
        "environment": environment(),
    }
    rows = proof_rows(prepared.split.rows(VALIDATION), prepared.split.rows(TRAIN))
    calibration = calibrate(learnt.logits(prepared.pixels, validation), catalog.labels[validation])
    return assembled(manifest, learnt.model, prepared.pixels[rows], calibration=calibration, batch=learnt.batch)
