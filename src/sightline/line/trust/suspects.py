"""Labels that look wrong: every picture is judged by a head that has not learnt from it, on what a base sees."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np

from sightline.core.errors import DataError, MissingExtraError
from sightline.core.seeding import derived_seed
from sightline.core.storage import csv_text, require_writable, write_together
from sightline.data.cache_folder import pixel_folder
from sightline.data.catalog import Catalog, Rows
from sightline.data.folds import stratified
from sightline.data.health.corrections import COLUMNS
from sightline.data.splits import units
from sightline.data.survey import survey
from sightline.evaluation.pages.page import page
from sightline.evaluation.pictures import PredictedPicture
from sightline.evaluation.trust.fold_heads import FoldAnswers, fold_answers
from sightline.evaluation.trust.label_errors import LabelErrors, Suspect, label_errors, named
from sightline.imaging.deep import FULL
from sightline.inference.graph import Features
from sightline.line.answers import picture
from sightline.line.features.extractor import Extractor, extractor_of
from sightline.line.features.store import store_of
from sightline.line.narrator import Narrator
from sightline.line.settings.transfer import TransferSettings

FOLDS = 5
SHOWN = 20
VERB = "suspects"


class _Seen(NamedTuple):
    """What a base has seen of the pictures that have a label and can be read."""

    rows: Rows
    features: Features
    folds: Rows


@dataclass(frozen=True, eq=False, repr=False)
class Suspects:
    """The labels of a data set that look wrong.

    Args:
        catalog: The samples that were judged.
        rows: (n,) of the catalog, those that have a label and can be read.
        errors: The places of its suspects are among these rows.
        answers: What each picture is by heads that had not seen it.
    """

    catalog: Catalog
    rows: Rows
    errors: LabelErrors
    answers: FoldAnswers

    def __repr__(self) -> str:
        """Return the data set's name and how many labels look wrong, in one line."""
        return f"<Suspects of {self.catalog.name}: {len(self.errors.looks_wrong):,} of {len(self.rows):,} labels>"

    @property
    def table(self) -> list[tuple[str, ...]]:
        """The rows of ``suspects.csv``: path, given and likelier class, score and action, the surest first."""
        return named(self.errors.suspects, [self.catalog.paths[row] for row in self.rows], self.catalog.classes)

    def as_json(self) -> dict[str, Any]:
        """Return what ``sightline suspects --json`` prints."""
        rows = [dict(zip(COLUMNS, row, strict=True)) | {"score": float(row[3])} for row in self.table]
        return {"data": self.catalog.name, **self.errors.as_json(), "suspects": rows}

    def pictures(self) -> tuple[PredictedPicture, ...]:
        """Return the surest suspects as pictures, those that are to be kept last."""
        shown = (*self.errors.looks_wrong, *(one for one in self.errors.suspects if one.action == "keep"))
        return tuple(map(self._picture, shown[:SHOWN]))

    def write(self, *, export: Path | None = None, html: Path | None = None, force: bool = False) -> None:
        """Write the table, the page, or both, whole or not at all.

        Args:
            export: Where the table of suspects goes.
            html: Where the page with pictures goes.
            force: Replace what is there.

        Raises:
            DataError: A file is there already.
            RunError: One can't be written.
        """
        contents: dict[Path, str] = {}
        if export is not None:
            contents[export] = csv_text(COLUMNS, self.table)
        if html is not None:
            title = f"Labels of {self.catalog.name} that look wrong"
            contents[html] = page("pages/suspects.html.jinja", title=title, kind=VERB, suspects=self)
        for path in contents:
            require_writable(path)
            if path.exists() and not force:
                raise DataError(f"{path} exists", hint="choose another file, or replace it with --force")
        write_together(contents)

    def _picture(self, suspect: Suspect) -> PredictedPicture:
        row, shares = int(self.rows[suspect.place]), self.answers.probabilities[suspect.place]
        return PredictedPicture(
            path=self.catalog.paths[row],
            truth=self.catalog.classes[suspect.given],
            prediction=self.catalog.classes[suspect.likelier],
            confidence=float(shares[suspect.likelier]),
            truth_probability=float(shares[suspect.given]),
            pixels=picture(self.catalog, row, FULL),
        )


def suspects_of(catalog: Catalog, *, narrator: Narrator, base: TransferSettings, seed: int = 0) -> Suspects:
    """Judge every label of a catalog by heads that have not learnt from it.

    Args:
        narrator: Shows how many pictures have been looked at.
        base: Names the base that looks at the pictures.
        seed: Decides which pictures are in which fold.

    Raises:
        DataError: No picture can be read, or there is one class alone.
        MissingExtraError: There is no base on this machine, with the command that installs one.
    """
    seen = _seen(catalog, base, narrator, seed=seed)
    labels = catalog.labels[seen.rows]
    if len(np.unique(labels)) < 2:  # noqa: PLR2004 - a label is wrong beside another class
        raise DataError(
            f"the pictures of {catalog.name} that can be read are of one class, so no label can be another",
            hint="give a data set of two classes or more",
        )
    answers = fold_answers(seen.features, labels, seen.folds, classes=len(catalog.classes))
    errors = label_errors(answers.probabilities, labels, margins=answers.margins)
    return Suspects(catalog, seen.rows, errors, answers)


def _seen(catalog: Catalog, settings: TransferSettings, narrator: Narrator, *, seed: int) -> _Seen:
    """Look at all pictures through the base; copies and groups are in one fold.

    Raises:
        DataError: No picture with a label can be read.
    """
    base = _required(settings)
    with TemporaryDirectory() as folder, narrator.counting("reading pictures", len(catalog)) as advance:
        looked = survey(catalog, base.format, keep_in=Path(folder), cache_in=pixel_folder(), advance=advance)
        rows = looked.required_rows()
        features = store_of(base).features(looked, rows, narrator=narrator)
    bound = units(looked, rows.tolist())
    places = stratified(catalog.labels, bound, count=FOLDS, seed=derived_seed(seed, "suspects"))
    return _Seen(rows, features, places[rows])


def _required(settings: TransferSettings) -> Extractor:
    try:
        return extractor_of(settings)
    except MissingExtraError as error:
        raise MissingExtraError(f"labels are judged by what a base sees: {error.problem}", hint=error.hint) from error
