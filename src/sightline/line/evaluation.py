"""How good a finished model is on any labelled data."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from sightline.core.errors import DataError, RunError
from sightline.core.findings import Finding
from sightline.core.percent import percent
from sightline.data.cache_folder import pixel_folder
from sightline.data.catalog import TEST, Catalog
from sightline.data.checks import PICTURE_CHECKS, check
from sightline.data.survey import survey
from sightline.evaluation.scores import Scores
from sightline.imaging.photo import Pixels
from sightline.inference.classifier import Classifier
from sightline.line.answers import Answers, ask, class_places
from sightline.line.narrator import Narrator
from sightline.line.report import report_on_data, write_report

ALL = "all"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How a model does on some labelled pictures.

    Args:
        classifier: The model that was asked.
        answers: Each picture's true class and the model's probabilities.
        findings: What was noticed about the pictures, such as those that can't be read.
    """

    classifier: Classifier
    answers: Answers
    findings: tuple[Finding, ...]

    def __repr__(self) -> str:
        """Return the accuracy and on how many pictures it was measured, in one line."""
        scores = self.scores
        return f"<Evaluation: accuracy {percent(scores.accuracy)} on {scores.count:,} pictures>"

    @cached_property
    def scores(self) -> Scores:
        """Accuracy, F1, loss and the like, with their 95 % intervals, and the same for each class."""
        return self.answers.scores(self.classifier)

    def write(self, folder: Path, *, force: bool = False) -> Path:
        """Write ``predictions.csv``, ``report.html`` and ``report.json`` into a folder; return the page's path.

        Args:
            folder: It is made if it does not exist.
            force: Replace a report that is there.

        Raises:
            RunError: There is a report already, the folder is a run's, or it can't be written.
        """
        require_place(folder, force=force)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"{folder} can't be written: {error}", hint="choose another --out") from error
        self.answers.write(folder / "predictions.csv")
        report = report_on_data(self.answers, self.classifier, findings=self.findings)
        write_report(report, html=folder / "report.html", json=folder / "report.json")
        return folder / "report.html"


def evaluate(classifier: Classifier, catalog: Catalog, *, part: str | None, narrator: Narrator) -> Evaluation:
    """Ask a model about the labelled pictures of a catalog.

    Args:
        classifier: Knows at least the classes of the catalog.
        part: ``"train"``, ``"validation"`` or ``"test"``, if the data has parts, or ``"all"``; None takes the test
            part if there is one, else all.
        narrator: Shows how many pictures have been read.

    Raises:
        DataError: The data lacks that part, has classes that the model does not know, or no picture
            that can be read.
    """
    chosen = part or (TEST if TEST in catalog.given_parts else ALL)
    if chosen not in (ALL, *catalog.given_parts):
        raise DataError(
            f"{catalog.name} has no {chosen} part",
            hint=f"it has {', '.join(catalog.given_parts) or 'none'}; --part all takes every picture",
        )
    asked = catalog if chosen == ALL else catalog.only(chosen)
    class_places(asked, classifier.classes)
    narrator.say(f"evaluating on {len(asked):,} pictures ({'all' if chosen == ALL else f'the {chosen} part'})")
    with narrator.counting("reading pictures", len(asked)) as advance:
        seen = survey(asked, classifier.format, cache_in=pixel_folder(), advance=advance)
    rows = np.flatnonzero(seen.usable & asked.labelled)
    if not len(rows):
        raise DataError(
            f"{catalog.name} holds no picture that can be read and has a label", hint="`sightline check DATA` says why"
        )
    pixels: Pixels = seen.pixels if seen.pixels is not None else np.empty(0, dtype=np.uint8)
    answers = ask(classifier, asked, rows, pixels[rows])
    return Evaluation(classifier, answers, check(seen, checks=PICTURE_CHECKS))


def require_place(folder: Path, *, force: bool) -> None:
    """Raise if a report can't go into a folder, without writing anything.

    Raises:
        RunError: The folder is a run's, or there is a report that may not be replaced.
    """
    page = folder / "report.html"
    if (folder / "settings.toml").exists():
        raise RunError(f"{folder} holds a run with a report of its own", hint="choose another --out")
    if page.exists() and not force:
        raise RunError(f"{page} exists", hint="choose another --out, or replace it with --force")
