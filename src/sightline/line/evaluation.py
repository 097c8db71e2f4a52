"""How good a finished model is on any labelled data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sightline.core.errors import BundleError, DataError, RunError
from sightline.core.findings import Finding, Severity, gravest_first
from sightline.core.percent import percent
from sightline.core.storage import require_writable, write_together, writing
from sightline.data.cache_folder import pixel_folder
from sightline.data.catalog import TEST, Catalog
from sightline.data.checks import PICTURE_CHECKS, check
from sightline.data.survey import survey
from sightline.data.survey.record import Surveyed
from sightline.evaluation.breakdown.robustness import RobustnessScores
from sightline.evaluation.breakdown.subgroups import SubgroupScores, subgroup_scores
from sightline.evaluation.report import Section
from sightline.evaluation.report.data.drift import DriftFound
from sightline.evaluation.report.data.near_copies import WithoutCopies
from sightline.evaluation.report.next_steps import NextStep, NextSteps
from sightline.evaluation.report.overlap import Overlap
from sightline.evaluation.report.robustness import Robustness
from sightline.evaluation.report.subgroups import Subgroups
from sightline.evaluation.scores import Scores
from sightline.evaluation.trust.drift import Drift, drift_of
from sightline.imaging.photo import Pixels
from sightline.inference.classifier import Classifier
from sightline.inference.picture_digests import PictureDigests
from sightline.line.answers import Answers, ask, class_places
from sightline.line.breakdown.attributes import attributes_of
from sightline.line.breakdown.robustness import measure_robustness
from sightline.line.health.restated import without_known_copies
from sightline.line.narrator import Narrator
from sightline.line.overlap import overlap_of
from sightline.line.report import MISTAKES_HTML, report_files, report_on_data

ALL = "all"


class Places(NamedTuple):
    """Where the files of an evaluation are."""

    report: Path
    figures: Path
    mistakes: Path
    predictions: Path

    @classmethod
    def in_folder(cls, folder: Path) -> "Places":
        """Return the places in a folder."""
        return cls(*(folder / name for name in ("report.html", "report.json", MISTAKES_HTML, "predictions.csv")))


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """How a model does on some labelled pictures.

    Args:
        classifier: The model that was asked.
        answers: Each picture's true class and the model's probabilities.
        findings: What was noticed about the pictures, such as those that can't be read.
        overlap: How many of them the model has seen before.
        subgroups: How it does on kinds of pictures.
        robustness: How it does on damaged pictures; None where that was not asked.
        restated: The figure without near copies of what the model has seen; none where there are none.
        drift: Whether the pictures still look like those of the training; None where that can't be told.
        steps: What to do next, as commands; none where the model or the pictures are only in this process.
    """

    classifier: Classifier
    answers: Answers
    findings: tuple[Finding, ...]
    overlap: Overlap
    subgroups: SubgroupScores
    robustness: RobustnessScores | None = None
    restated: tuple[WithoutCopies, ...] = ()
    drift: Drift | None = None
    steps: tuple[NextStep, ...] = ()

    def __repr__(self) -> str:
        """Return the accuracy and on how many pictures it was measured, in one line."""
        scores = self.scores
        return f"<Evaluation: accuracy {percent(scores.accuracy)} on {scores.count:,} pictures>"

    @cached_property
    def scores(self) -> Scores:
        """Accuracy, F1, loss and the like, with their 95 % intervals, and the same for each class."""
        return self.answers.scores(self.classifier)

    @property
    def sections(self) -> tuple[Section, ...]:
        """What the report has of near copies, of drift, of kinds of pictures, and of damaged ones."""
        damaged = () if self.robustness is None else (Robustness(self.robustness),)
        drift = () if self.drift is None else (DriftFound(self.drift),)
        return (*self.restated, *drift, Subgroups(self.subgroups), *damaged)

    def as_json(self) -> dict[str, Any]:
        """Return what ``sightline evaluate --json`` prints: plain values, with the keys of ``report.json``."""
        return {
            "model": self.classifier.manifest["model"]["name"],
            "digest": self.classifier.digest,
            "data": self.answers.catalog.name,
            "classes": list(self.answers.classes),
            "test": self.scores.as_json(),
            "findings": [finding.as_json() for finding in self.findings],
            **{key: value for section in self.sections for key, value in section.as_json().items()},
            **NextSteps(self.steps).as_json(),
        }

    def write(self, folder: Path, *, force: bool = False) -> Path:
        """Write predictions, the page of mistakes, and the report with its JSON twin; return the report's path.

        Args:
            folder: It is made if it does not exist.
            force: Replace a report that is there.

        Raises:
            RunError: There is a report already, the folder is a run's, or it can't be written.
        """
        require_place(folder, force=force)
        report = report_on_data(
            self.answers,
            self.classifier,
            findings=self.findings,
            overlap=self.overlap,
            steps=self.steps,
            sections=self.sections,
        )
        files = Places.in_folder(folder)
        pages = report_files(report, self.answers, html=files.report, json=files.figures, mistakes=files.mistakes)
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        write_together({files.predictions: self.answers.table(), **pages})
        return files.report


def evaluate(
    classifier: Classifier,
    catalog: Catalog,
    *,
    part: str | None,
    narrator: Narrator,
    new_only: bool = False,
    by: Sequence[str] = (),
    corruptions: bool = False,
) -> Evaluation:
    """Ask a model about the labelled pictures of a catalog.

    Args:
        classifier: Knows at least the classes of the catalog.
        part: ``"train"``, ``"validation"`` or ``"test"``, if the data has parts, or ``"all"``; None takes the test
            part if there is one, else all.
        narrator: Shows how many pictures have been read.
        new_only: Leave out what the model has learnt from or was chosen by.
        by: The attributes that kinds of pictures are told apart by; see `attributes_of`.
        corruptions: Ask about damaged pictures too, 75 times for each of 500 at most.

    Raises:
        SettingsError: The pictures have no such attribute.
        BundleError: Only new pictures are asked for, and the model file does not say which those are.
        DataError: The data lacks that part, has classes that the model does not know, no picture that can be
            read, or no new one where only those are asked for.
    """
    digests = _digests(classifier, required=new_only)
    asked = asked_part(catalog, part, narrator)
    class_places(asked, classifier.classes)
    with narrator.counting("reading pictures", len(asked)) as advance:
        seen = survey(asked, classifier.format, cache_in=pixel_folder(), advance=advance)
    rows = seen.required_rows()
    overlap, is_known = overlap_of(digests, [seen.digests[row] for row in rows], left_out=new_only)
    known = rows[is_known]
    rows = np.setdiff1d(rows, known) if new_only else rows
    if not len(rows):
        raise DataError(
            f"{catalog.name} holds no new picture: {overlap.words}", hint="give other pictures, or leave out --new-only"
        )
    pixels: Pixels = seen.pixels if seen.pixels is not None else np.empty(0, dtype=np.uint8)
    answers = ask(classifier, asked, rows, pixels[rows])
    restated = without_known_copies(answers, seen, catalog, digests, narrator)
    drift = _drift(classifier, answers, np.isin(rows, known))
    noticed = (
        *check(seen, checks=PICTURE_CHECKS),
        *_without_pictures(seen),
        *_overlap_findings(overlap, [asked.paths[row] for row in known]),
        *map(_copies_finding, restated),
        *_drift_findings(drift),
    )
    subgroups = subgroup_scores(answers.right, attributes_of(seen, rows, pixels[rows], by))
    robustness = (
        measure_robustness(classifier, pixels[rows], answers.truth, seed=0, narrator=narrator) if corruptions else None
    )
    return Evaluation(classifier, answers, gravest_first(noticed), overlap, subgroups, robustness, restated, drift)


def asked_part(catalog: Catalog, part: str | None, narrator: Narrator) -> Catalog:
    """Return the samples of a part, and say how many they are.

    Args:
        part: As `evaluate` takes it.
        narrator: Who tells the user.

    Raises:
        DataError: The data lacks that part.
    """
    chosen = part or (TEST if TEST in catalog.given_parts else ALL)
    if chosen not in (ALL, *catalog.given_parts):
        raise DataError(
            f"{catalog.name} has no {chosen} part",
            hint=f"it has {', '.join(catalog.given_parts) or 'none'}; --part all takes every picture",
        )
    asked = catalog if chosen == ALL else catalog.only(chosen)
    narrator.say(f"evaluating on {len(asked):,} pictures ({'all' if chosen == ALL else f'the {chosen} part'})")
    return asked


def _without_pictures(seen: Surveyed) -> Iterator[Finding]:
    """Yield which classes of the data have no picture that can be read."""
    empty = seen.empty_classes
    if empty:
        yield Finding(
            "empty-class",
            Severity.NOTE,
            f"no picture can be read in {len(empty)} of {len(seen.catalog.classes)} classes of the data",
            "no figure speaks of them",
            empty,
        )


def _digests(classifier: Classifier, *, required: bool) -> PictureDigests | None:
    digests = PictureDigests.of_bundle(classifier.bundle)
    if digests is None and required:
        raise BundleError(
            "the model file does not say which pictures it has learnt from, so new ones can't be told from others",
            hint="leave out --new-only, or train the model again with this version of sightline",
        )
    return digests


def _overlap_findings(overlap: Overlap, paths: Sequence[str]) -> Iterator[Finding]:
    if overlap.train is None:
        advice = "make sure yourself that none of them was in its training; models that are trained now say it"
        yield Finding("seen-before-unknown", Severity.NOTE, overlap.words, advice)
    elif overlap.left_out and overlap.seen:
        yield Finding("seen-before-left-out", Severity.NOTE, overlap.words, "there is nothing to do", tuple(paths))
    elif overlap.seen:
        advice = "measure on new pictures: --new-only leaves the others out"
        yield Finding("seen-before", Severity.WARNING, overlap.words, advice, tuple(paths))


def _drift(classifier: Classifier, answers: Answers, is_known: npt.NDArray[np.bool_]) -> Drift | None:
    """Return whether those pictures that the model has not seen still look like known ones."""
    reference = classifier.drift_reference
    if reference is None or answers.features is None:
        return None
    return drift_of(reference, reference.along(answers.features[~is_known]))


def _drift_findings(drift: Drift | None) -> Iterator[Finding]:
    if drift is not None and drift.has_drifted:
        advice = "look at some of both; if these are what the model will meet, train with some of them"
        yield Finding("drift", Severity.WARNING, drift.words, advice)


def _copies_finding(restated: WithoutCopies) -> Finding:
    advice = "trust the figure without them: `sightline check DATA --copies FILE.csv` names the pairs"
    return Finding("near-copies-seen", Severity.WARNING, restated.words, advice)


def require_place(folder: Path, *, force: bool) -> None:
    """Raise if a report can't go into a folder, without writing anything.

    Raises:
        RunError: The folder is a run's or closed to writing, or a file there may not be replaced.
    """
    files = Places.in_folder(folder)
    require_writable(files.report)
    if (folder / "settings.toml").exists():
        raise RunError(f"{folder} holds a run with a report of its own", hint="choose another --out")
    taken = [file for file in files if file.exists()]
    if taken and not force:
        raise RunError(f"{taken[0]} exists", hint="choose another --out, or replace it with --force")
