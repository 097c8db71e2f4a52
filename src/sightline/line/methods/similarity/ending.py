"""What follows the training of a model that compares: it ships, and is measured once on classes that are new to it."""

from functools import partial
from typing import Any, cast

import numpy as np

from sightline.core.clock import now
from sightline.core.percent import percent
from sightline.core.storage import csv_text, json_text, write_together, write_whole
from sightline.data.catalog import TEST, TRAIN, VALIDATION
from sightline.evaluation.report import Head, Report, Section, in_order
from sightline.evaluation.report.findings import Findings
from sightline.evaluation.report.network.training import Training
from sightline.evaluation.report.next_steps import NextStep, NextSteps
from sightline.evaluation.report.provenance import Provenance
from sightline.evaluation.report.similarity.result import similarity_figures
from sightline.evaluation.verdict import Verdict
from sightline.inference.bundle import Bundle, write_bundle
from sightline.inference.classifier import Classifier
from sightline.inference.tasks import classifier_of
from sightline.line.answers import EMBEDDING
from sightline.line.examples import keep_examples
from sightline.line.methods.contract import Trained
from sightline.line.methods.network.sections import course_of, training_figures
from sightline.line.methods.run_manifest import run_manifest
from sightline.line.methods.similarity.bundle import bundle_of_embedding
from sightline.line.methods.similarity.learning import LearntEmbedding
from sightline.line.narrator import Narrator
from sightline.line.pages.command_words import as_word
from sightline.line.report import as_text
from sightline.line.similarity.figures import SimilarityFigures, figures_of


def similarity_bundle_of(trained: Trained) -> Bundle:
    """Return what was learnt as it will ship, proved; it has no figures yet."""
    learnt, seed = cast("LearntEmbedding", trained.learnt), trained.decided.settings["seed"]
    return bundle_of_embedding(learnt, trained.prepared, run_manifest(trained), seed=seed)


def similarity_report(trained: Trained, narrator: Narrator) -> dict[str, Any]:
    """Ship the model, compare the pictures of the test part through it, and return what the report holds."""
    run, prepared, settings = trained.run, trained.prepared, trained.decided.settings
    narrator.say("writing and proving the model file")
    classifier = classifier_of(similarity_bundle_of(trained), threads=1)  # a batch a core
    features = partial(cast("LearntEmbedding", trained.learnt).embeddings, prepared.pixels)
    keep_examples(run.examples, classifier, prepared, features, seed=settings["seed"], narrator=narrator)
    readings = run.note_reading(prepared.split.digest)
    rows = prepared.split.rows(TEST)
    embeddings = classifier.with_features(prepared.pixels[rows])[1]
    figures = figures_of(prepared.catalog, rows, embeddings, seed=settings["seed"])
    write_whole(run.predictions, _table(figures))
    write_bundle(run.model, classifier.bundle.with_figures(figures.shipped()))
    sections = (
        *figures.sections(classes_are_new=_are_new(trained), readings=readings, deep=classifier.format.deep),
        _training(trained),
        Findings(trained.findings),
        _provenance(trained, classifier, readings=readings),
        NextSteps(_next_steps(trained)),
    )
    report = Report(_head(trained, classifier, figures), in_order(sections))
    write_together({run.report_html: report.html(), run.report_json: json_text(report.as_json())})
    return report.as_json()


def _are_new(trained: Trained) -> bool:
    """Return whether no class of the test part was learnt from."""
    labels, split = trained.prepared.catalog.labels, trained.prepared.split
    learnt, tested = (set(labels[split.rows(part)].tolist()) for part in (TRAIN, TEST))
    return not learnt & tested


def _table(figures: SimilarityFigures) -> str:
    """Return what ``predictions.csv`` holds: each picture of the test part with its class and its embedding."""
    catalog, width = figures.catalog, figures.embeddings.shape[1]
    return csv_text(
        ("path", "truth", *(f"{EMBEDDING}{place}" for place in range(width))),
        (
            (catalog.paths[row], catalog.label_of(row), *(f"{value:.9g}" for value in embedding))
            for row, embedding in zip(figures.rows.tolist(), figures.embeddings, strict=True)
        ),
    )


def _head(trained: Trained, classifier: Classifier, figures: SimilarityFigures) -> Head:
    name, catalog = str(trained.decided.settings["model"]), trained.prepared.catalog
    tested = np.unique(catalog.labels[figures.rows])
    return Head(
        title=f"{name} on {catalog.name}",
        model=name,
        parameters=classifier.parameters,
        classes=tuple(catalog.classes[label] for label in tested),
        created=now(),
        figures=similarity_figures(figures.verification, figures.episodes),
    )


def _training(trained: Trained) -> Section:
    history = cast("LearntEmbedding", trained.learnt).history
    figures = training_figures(history, stopped_early=len(history) < trained.decided.settings["epochs"])
    best = history[figures.best_epoch - 1]
    words = (
        f"Of two pictures of each class of the validation part, {percent(best.validation['accuracy'])} were nearest to "
        f"the other of their class after epoch {figures.best_epoch}, whose weights were kept; two pictures were on "
        f"average {percent(best.validation['spread'])} of the largest distance apart."
    )
    kind = "still-improving" if figures.best_epoch == len(history) else "levelled-off"
    return Training(figures, course_of(history), Verdict(kind, None, words))


def _provenance(trained: Trained, classifier: Classifier, *, readings: int) -> Provenance:
    from sightline.line.resolution import method_for

    split, settings, manifest = trained.prepared.split, trained.decided.settings, classifier.manifest
    return Provenance(
        split={**split.counts(), "digest": split.digest},
        readings=readings,
        preprocess=as_text(manifest["preprocess"]),
        settings=as_text(settings.values),
        environment=as_text(manifest["environment"]),
        proof=manifest["proof"],
        proved=method_for(settings).original,
    )


def _next_steps(trained: Trained) -> tuple[NextStep, ...]:
    """Return what to do next, as commands."""
    run, prepared = as_word(trained.run.folder), trained.prepared
    validation = prepared.split.rows(VALIDATION)
    name = prepared.catalog.label_of(int(validation[0])).rpartition("/")[2]
    return (
        NextStep("Teach it a class from a few pictures", f"sightline enroll {run} {as_word(name)} PICTURE..."),
        NextStep("Ask whether two pictures show the same", f"sightline verify {run} PICTURE PICTURE"),
        NextStep("See what the model file says of itself", f"sightline show {run}"),
    )
