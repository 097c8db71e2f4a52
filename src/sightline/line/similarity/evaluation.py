"""How well a model that compares does on labelled pictures of classes that it has not learnt."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from sightline.core.clock import now
from sightline.core.findings import Finding, gravest_first
from sightline.core.percent import percent
from sightline.core.storage import json_text, write_together, writing
from sightline.data.cache_folder import pixel_folder
from sightline.data.catalog import Catalog
from sightline.data.checks import PICTURE_CHECKS, check
from sightline.data.survey import survey
from sightline.evaluation.report import Head, Report, Section, in_order
from sightline.evaluation.report.findings import Findings
from sightline.evaluation.report.similarity.episodes import task_words
from sightline.evaluation.report.similarity.result import SimilarityResult, similarity_figures
from sightline.evaluation.words import interval_words
from sightline.imaging.photo import Pixels
from sightline.inference.classifier import Classifier
from sightline.line.evaluation import Places, asked_part, require_place
from sightline.line.narrator import Narrator
from sightline.line.similarity.figures import SimilarityFigures, figures_of


@dataclass(frozen=True, eq=False, repr=False)
class SimilarityEvaluation:
    """How well a model compares some labelled pictures.

    Args:
        classifier: The model that was asked.
        figures: What its distances are worth.
        findings: What was noticed about the pictures, such as those that can't be read.
    """

    classifier: Classifier
    figures: SimilarityFigures
    findings: tuple[Finding, ...]

    @property
    def classes_are_new(self) -> bool:
        """Whether the model knows none of the classes."""
        catalog = self.figures.catalog
        asked = {catalog.classes[label] for label in set(catalog.labels[self.figures.rows].tolist())}
        return not asked & {*self.classifier.classes}

    @cached_property
    def _sections(self) -> tuple[Section, ...]:
        return self.figures.sections(classes_are_new=self.classes_are_new, readings=1, deep=self.classifier.format.deep)

    def as_json(self) -> dict[str, Any]:
        """Return what ``sightline evaluate --json`` prints: plain values, with the keys of ``report.json``."""
        document: dict[str, Any] = {
            "model": self.classifier.manifest["model"]["name"],
            "digest": self.classifier.digest,
            "data": self.figures.catalog.name,
            "findings": [finding.as_json() for finding in self.findings],
        }
        for section in self._sections:
            document |= section.as_json()
        return document

    def lines(self) -> Iterator[str]:
        """Yield what a terminal shows."""
        result = next(section for section in self._sections if isinstance(section, SimilarityResult))
        yield from result.words
        for each in self.figures.episodes:
            yield f"  {task_words(each.task)}: {percent(each.accuracy)} ({interval_words(each.interval)})"

    def write(self, folder: Path, *, force: bool = False) -> Path:
        """Write the report with its JSON twin, and return the report's path.

        Args:
            folder: It is made if it does not exist.
            force: Replace a report that is there.

        Raises:
            RunError: There is a report already, the folder is a run's, or it can't be written.
        """
        require_place(folder, force=force)
        files, report = Places.in_folder(folder), self._report()
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        write_together({files.report: report.html(), files.figures: json_text(report.as_json())})
        return files.report

    def _report(self) -> Report:
        name, catalog = str(self.classifier.manifest["model"]["name"]), self.figures.catalog
        head = Head(
            title=f"{name} on {catalog.name}",
            model=name,
            parameters=self.classifier.parameters,
            classes=catalog.classes,
            created=now(),
            figures=similarity_figures(self.figures.verification, self.figures.episodes),
        )
        return Report(head, in_order((*self._sections, Findings(self.findings))))

    def __repr__(self) -> str:
        """Return the first sentence of the result."""
        return f"<SimilarityEvaluation: {next(self.lines())}>"


def evaluate_similarity(
    classifier: Classifier, catalog: Catalog, *, part: str | None, narrator: Narrator
) -> SimilarityEvaluation:
    """Ask a model about labelled pictures, and measure what its distances between them are worth.

    Args:
        classifier: A model that compares; it need not know the classes.
        part: ``"train"``, ``"validation"`` or ``"test"``, if the data has parts, or ``"all"``; None takes the test
            part if there is one, else all.
        narrator: Shows how many pictures have been read.

    Raises:
        DataError: The data lacks that part, or has no picture that can be read.
    """
    asked = asked_part(catalog, part, narrator)
    with narrator.counting("reading pictures", len(asked)) as advance:
        seen = survey(asked, classifier.format, cache_in=pixel_folder(), advance=advance)
    rows = seen.required_rows()
    embeddings = classifier.with_features(cast("Pixels", seen.pixels)[rows])[1]
    figures = figures_of(asked, rows, embeddings, seed=0)
    return SimilarityEvaluation(classifier, figures, gravest_first(check(seen, checks=PICTURE_CHECKS)))


def has_new_classes(classifier: Classifier, catalog: Catalog) -> bool:
    """Return whether the data has a class that the model does not know, so that it can only compare."""
    occurring = {catalog.classes[label] for label in set(catalog.labels[catalog.labelled].tolist())}
    return not occurring <= {*classifier.classes}
