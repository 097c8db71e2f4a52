"""The line from pictures to the report: split, decide, learn, ship, answer, report. Nothing goes back."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from sightline.core.errors import RunError
from sightline.core.findings import Finding, Severity, gravest_first
from sightline.core.regular import content_of, text_of
from sightline.core.storage import write_json, write_together, write_whole
from sightline.data.catalog import CALIBRATION, TEST, TRAIN, VALIDATION
from sightline.evaluation.breakdown.subgroups import subgroup_scores
from sightline.evaluation.pictures import confident_mistakes
from sightline.evaluation.report import Section
from sightline.evaluation.report.network.comparison import NetworkWorth
from sightline.evaluation.report.next_steps import NextSteps
from sightline.evaluation.report.seeds import Seeds
from sightline.evaluation.report.subgroups import Subgroups
from sightline.evaluation.score_verdict import judge_scores
from sightline.evaluation.scores import Scores
from sightline.inference.arrays.judgement import calibration_arrays
from sightline.inference.assembly import assembled
from sightline.inference.bundle import Bundle, write_bundle
from sightline.inference.classifier import Classifier
from sightline.inference.export.proof import proof_rows
from sightline.inference.manifest import CLASSIFICATION, SIMILARITY
from sightline.inference.picture_digests import KEPT, PictureDigests
from sightline.inference.tasks import classifier_of
from sightline.line.answers import Answers, ask
from sightline.line.baseline import Baseline, learn_baseline
from sightline.line.breakdown.attributes import attributes_of
from sightline.line.breakdown.seeds import learn_with_other_seeds, seed_scores
from sightline.line.examples import keep_examples
from sightline.line.health.restated import without_copies
from sightline.line.methods.contract import Decided, Learnt, Subject, Trained
from sightline.line.methods.run_manifest import run_manifest
from sightline.line.methods.similarity.ending import similarity_bundle_of, similarity_report
from sightline.line.narrator import Narrator
from sightline.line.pages.next_steps import Outcome, correcting_step, next_steps
from sightline.line.prepared import Prepared
from sightline.line.report import SHIPPED_FIGURES, Origin, report_files, report_on_run
from sightline.line.resolution import decided, method_for
from sightline.line.run import Run, environment
from sightline.line.settings.values import Settings
from sightline.line.trust.calibrated import calibrated
from sightline.line.trust.training_labels import training_suspects
from sightline.line.trust.unknowns import with_unknowns


def follow(
    run: Run,
    prepared: Prepared,
    settings: Settings,
    narrator: Narrator,
    *,
    started: float,
    sections: Sequence[Section] = (),
) -> dict[str, Any]:
    """Go from pictures that have been read to the report, and return what its JSON twin holds.

    Args:
        run: Locked, and made ready for the settings.
        settings: As named, and as the recipe has filled them.
        narrator: Who tells the user.
        started: When the command began, by `time.perf_counter`.
        sections: What is known of the model besides, for the report.

    Raises:
        SettingsError: The settings do not go together with the pictures.
        RunError: The pictures have changed since the run began, or the training diverged.
    """
    _require_same_pictures(run, prepared)
    if run.is_finished:
        narrator.say(f"{run.folder} holds this very run, finished: its result again (--force begins it anew)")
        return run.finished_report()
    changed = _remember(run, prepared)
    chosen = decided(prepared, settings, started=started, run=run)
    findings = gravest_first(
        (*prepared.findings, *chosen.noticed, *method_for(settings).doubts(prepared, chosen.settings))
    )
    narrator.tell_findings(findings)
    narrator.say(_plan(prepared, chosen))
    learnt = method_for(settings).learn(prepared, chosen, run=run, narrator=narrator)
    narrator.tell_findings(learnt.findings)
    findings = (*findings, *changed, *learnt.findings)
    trained = Trained(run, prepared, chosen, learnt, findings, tuple(sections))
    return ENDINGS[method_for(settings).task].report(trained, narrator)


def classifier_without_test(
    run: Run, prepared: Prepared, settings: Settings, narrator: Narrator, *, started: float
) -> tuple[Classifier, tuple[Finding, ...]]:
    """Learn from pictures that have been read, and return the model with what was noticed; nothing is tested.

    The arguments and errors are those of `follow`.
    """
    chosen = decided(prepared, settings, started=started, run=run)
    learnt = method_for(settings).learn(prepared, chosen, run=run, narrator=narrator)
    bundle = ENDINGS[method_for(settings).task].bundle(Trained(run, prepared, chosen, learnt, prepared.findings))
    return classifier_of(bundle), prepared.findings


def _classification_report(trained: Trained, narrator: Narrator) -> dict[str, Any]:
    """Learn the baseline, ship the classifier, read the test part through it, and return what the report holds."""
    run, prepared, settings, learnt = trained.run, trained.prepared, trained.decided.settings, trained.learnt
    others = learn_with_other_seeds(prepared, trained.decided, run=run, narrator=narrator)
    baseline, noted = learn_baseline(prepared, settings, learnt.seconds, narrator)
    narrator.say("writing and proving the model file")
    classifier = classifier_of(_classification_bundle(trained), threads=1)  # a batch a core
    features = partial(learnt.features, classifier, prepared.pixels)
    keep_examples(run.examples, classifier, prepared, features, seed=settings["seed"], narrator=narrator)
    subject = Subject(run, settings, prepared, classifier)
    findings = (*trained.findings, *noted)
    return _evaluate_once(subject, learnt, baseline, others=others, findings=findings, beside=trained.sections)


def _evaluate_once(
    subject: Subject,
    learnt: Learnt,
    baseline: Baseline | None,
    *,
    others: Mapping[int, Learnt],
    findings: tuple[Finding, ...],
    beside: Sequence[Section],
) -> dict[str, Any]:
    """Read the test part through what ships, write it with its figures, and report."""
    run, prepared, classifier = subject.run, subject.prepared, subject.classifier
    readings = run.note_reading(prepared.split.digest)
    rows = prepared.split.rows(TEST)
    answers = ask(classifier, prepared.catalog, rows, prepared.pixels[rows])
    write_whole(run.predictions, answers.table())
    scores = answers.scores(classifier)
    figures = scores.as_json()
    write_bundle(run.model, classifier.bundle.with_figures({key: figures[key] for key in SHIPPED_FIGURES}))
    sections = (*learnt.sections(subject, answers, scores), *beside)
    worth = _worth(subject, answers, scores, learnt=learnt, baseline=baseline)
    settings, suspects = subject.settings, training_suspects(learnt, prepared, accuracy=scores.accuracy)
    write_whole(run.suspects, suspects.csv())
    report = report_on_run(
        answers,
        classifier,
        scores,
        origin=Origin(
            prepared.split,
            {**settings.values, **learnt.came_out(settings)},
            readings,
            trained=method_for(settings).original,
            seconds=learnt.seconds,
            overlap=method_for(settings).seen_before(prepared, settings),
        ),
        suspects=suspects,
        correcting=correcting_step(subject),
        findings=findings,
        sections=(
            *sections,
            *worth,
            *without_copies(answers, prepared.surveyed, prepared.split),
            _subgroups(prepared, answers),
            *_seeds(subject, answers, scores, others=others),
            _next(subject, answers, scores, baseline=baseline, sections=(*sections, *worth)),
        ),
    )
    files = report_files(report, answers, html=run.report_html, json=run.report_json, mistakes=run.mistakes_html)
    write_together(files)
    return report.as_json()


def _subgroups(prepared: Prepared, answers: Answers) -> Subgroups:
    """Return how the model does on kinds of pictures of the test part."""
    attributes = attributes_of(prepared.surveyed, answers.rows, prepared.pixels[answers.rows])
    return Subgroups(subgroup_scores(answers.right, attributes))


def _seeds(subject: Subject, answers: Answers, scores: Scores, *, others: Mapping[int, Learnt]) -> tuple[Seeds, ...]:
    """Return what the same training came to with other seeds, if it was done with any."""
    if not others:
        return ()
    first = subject.settings["seed"]
    return (Seeds(seed_scores(subject.prepared, answers, others, first=first, interval=scores.accuracy_interval)),)


def _worth(
    subject: Subject, answers: Answers, scores: Scores, *, learnt: Learnt, baseline: Baseline | None
) -> tuple[NetworkWorth, ...]:
    """Return the comparison with the baseline, if there is one."""
    if baseline is None:
        return ()
    largest = scores.baseline_accuracy
    compared = baseline.compared(subject.prepared, answers, model_seconds=learnt.seconds, largest_share=largest)
    return (NetworkWorth(compared),)


def _next(
    subject: Subject, answers: Answers, scores: Scores, *, baseline: Baseline | None, sections: Sequence[Section]
) -> NextSteps:
    """Return what to do next after what the sections say."""
    document: dict[str, Any] = {}
    for section in sections:
        document |= section.as_json()
    recommends = any(section.against.recommends_baseline for section in sections if isinstance(section, NetworkWorth))
    surest = confident_mistakes(answers.truth, answers.probabilities, 1)
    verdict = judge_scores(scores)
    outcome = Outcome(
        useless=verdict is not None and verdict.kind == "useless",
        verdict=document.get("verdict", {}).get("kind", ""),
        simple=baseline if recommends else None,
        mistake=answers.catalog.paths[answers.rows[surest[0]]] if len(surest) else "",
    )
    return NextSteps(next_steps(subject, outcome))


def _plan(prepared: Prepared, chosen: Decided) -> str:
    read, (width, height) = prepared.preprocess.format, prepared.surveyed.median_size
    rows, columns, channels = read.shape
    counts, classes = prepared.split.counts(), len(prepared.catalog.classes)
    resized = "" if (width, height) == (columns, rows) else f" ({read.resize} of {width}x{height}, width x height)"
    return (
        f"{chosen.settings['model']} on {rows}x{columns}x{channels} pictures{resized} of {classes} classes: "
        f"{counts[TRAIN]:,} to learn from, {counts[VALIDATION]:,} to choose by, {counts[TEST]:,} to test on"
        f"{method_for(chosen.settings).plan(chosen)}{_seeds_words(chosen)}"
    )


def _seeds_words(chosen: Decided) -> str:
    """Return what further seeds cost, as text that follows the plan; empty without any."""
    count = chosen.settings["seeds"]
    return "" if count == 1 else f"; {count} seeds: it is learnt {count} times, which takes as often as long"


def _require_same_pictures(run: Run, prepared: Prepared) -> None:
    """Raise if a run that was begun before began with other pictures.

    Raises:
        RunError: The pictures have changed since the run began.
    """
    text = prepared.split.table(prepared.surveyed)
    if run.split.exists() and content_of(run.split) != text.encode(errors="surrogateescape"):
        raise RunError(
            f"the pictures have changed since the run in {run.folder} began (see its split.csv)",
            hint="put them back as they were, choose another --out, or begin anew with --force",
        )


def _remember(run: Run, prepared: Prepared) -> tuple[Finding, ...]:
    """Write split and environment, and return what has changed since the run was interrupted."""
    write_whole(run.split, prepared.split.table(prepared.surveyed))
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
        return dict(json.loads(text_of(run.environment)))
    except (OSError, ValueError, TypeError) as error:
        raise RunError(f"{run.environment} is damaged: {error}", hint="begin the run anew with --force") from error


def _classification_bundle(trained: Trained) -> Bundle:
    """Return what was learnt as it will ship, calibrated and proved; it has no figures yet."""
    learnt, prepared = trained.learnt, trained.prepared
    catalog, split = prepared.catalog, prepared.split
    counts = np.bincount(catalog.labels[split.rows(TRAIN)], minlength=len(catalog.classes))
    manifest = {
        **run_manifest(trained),
        "classes": list(catalog.classes),
        "largest_class": int(counts.argmax()),
        "preprocess": prepared.preprocess.describe(),
    }
    rows = proof_rows(split.rows(VALIDATION), split.rows(TRAIN))
    held_out = learnt.held_out(prepared)
    calibration, answers = calibrated(held_out, catalog.labels)
    bundle = assembled(
        manifest,
        learnt.model,
        prepared.pixels[rows],
        calibration=calibration,
        graph=learnt.graph(prepared.preprocess.format.shape, factor=calibration.factor),
        answers=learnt.answers(prepared.pixels, rows, factor=calibration.factor),
        batch=learnt.graph_batch,
        arrays={**_digests(prepared).arrays(), **calibration_arrays(answers)},
    )
    classifier = classifier_of(bundle, threads=1)
    return with_unknowns(bundle, classifier, learnt, prepared, held_out, seed=trained.decided.settings["seed"])


def _digests(prepared: Prepared) -> PictureDigests:
    """Return the digests of what the model has seen; what it was calibrated on counts as what chose it."""
    digests, split = prepared.surveyed.digests, prepared.split
    rows = {TRAIN: split.rows(TRAIN), VALIDATION: np.concatenate([split.rows(VALIDATION), split.rows(CALIBRATION)])}
    return PictureDigests.of(split.digest, {part: [digests[row] for row in rows[part]] for part in KEPT})


@dataclass(frozen=True)
class Ending:
    """What follows a training, for the models of one task.

    Args:
        bundle: Makes what ships, without figures.
        report: Ships it with figures of the test part, and returns what the report's JSON twin holds.
    """

    bundle: Callable[[Trained], Bundle]
    report: Callable[[Trained, Narrator], dict[str, Any]]


ENDINGS: dict[str, Ending] = {
    CLASSIFICATION: Ending(_classification_bundle, _classification_report),
    SIMILARITY: Ending(similarity_bundle_of, similarity_report),
}
"""By the task of a kind of model."""
