"""Labels that look wrong: what a table, a page and a report show of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sightline.core.errors import DataError
from sightline.core.storage import csv_text, write_together
from sightline.data.catalog import Catalog
from sightline.data.health.corrections import COLUMNS
from sightline.evaluation.pages.page import generator, page
from sightline.evaluation.pictures import PredictedPicture
from sightline.evaluation.trust.label_errors import LabelErrors, Suspect, label_errors, named, ranked_labels
from sightline.imaging.deep import FULL
from sightline.line.answers import picture
from sightline.line.methods.label_evidence import LabelEvidence
from sightline.line.output_place import require_apart, require_free, require_ours
from sightline.line.pages.command_words import as_word

SHOWN = 20
VERB = "suspects"
OUTPUTS = {
    "export": (",".join(COLUMNS) + "\n", "table of suspects"),
    "html": (generator(VERB), f"page of `sightline {VERB}`"),
    "ranking": (",".join(COLUMNS[:-1]) + "\n", "ranking of labels"),
}
"""What `Suspects.write` writes: what each file begins with, and what it is."""


@dataclass(frozen=True, eq=False, repr=False)
class Suspects:
    """The labels of a data set that look wrong.

    Args:
        catalog: The samples that were judged.
        evidence: About the pictures that were judged.
        errors: The places of its suspects are among those pictures.
    """

    catalog: Catalog
    evidence: LabelEvidence
    errors: LabelErrors

    def __repr__(self) -> str:
        """Return the data set's name and how many labels look wrong, in one line."""
        wrong, judged = len(self.errors.looks_wrong), len(self.evidence.rows)
        return f"<Suspects of {self.catalog.name}: {wrong:,} of {judged:,} labels>"

    @property
    def paths(self) -> list[str]:
        """What the pictures that were judged are called."""
        return [self.catalog.paths[row] for row in self.evidence.rows]

    @property
    def table(self) -> list[tuple[str, ...]]:
        """The rows of ``suspects.csv``: path, given and likelier class, score and action, the surest first."""
        return named(self.errors.suspects, self.paths, self.catalog.classes)

    def csv(self) -> str:
        """Return what ``suspects.csv`` holds."""
        return csv_text(COLUMNS, self.table)

    def ranking(self, part: str = "") -> str:
        """Return a table of every label that was judged, the most doubtful first, whatever the model is worth.

        Args:
            part: Only pictures of a part that the data gives, such as ``"test"``; all if empty.
        """
        labels = self.catalog.labels[self.evidence.rows]
        ranked = ranked_labels(self.evidence.probabilities, labels, margins=self.evidence.margins)
        own = [one for one in ranked if not part or self.catalog.parts[self.evidence.rows[one.place]] == part]
        return csv_text(COLUMNS[:-1], (row[:-1] for row in named(own, self.paths, self.catalog.classes)))

    def as_json(self) -> dict[str, Any]:
        """Return what ``sightline suspects --json`` prints."""
        rows = [dict(zip(COLUMNS, row, strict=True)) | {"score": float(row[3])} for row in self.table]
        return {"data": self.catalog.name, **self.errors.as_json(), "suspects": rows}

    def pictures(self) -> tuple[PredictedPicture, ...]:
        """Return the surest suspects as pictures, those that are to be kept last."""
        shown = (*self.errors.looks_wrong, *(one for one in self.errors.suspects if one.action == "keep"))
        return tuple(map(self._picture, shown[:SHOWN]))

    def write(
        self,
        *,
        export: Path | None = None,
        html: Path | None = None,
        ranking: Path | None = None,
        part: str = "",
        data: str = "",
        force: bool = False,
    ) -> None:
        """Write the tables and the page that are asked for, whole or not at all.

        Args:
            export: Where the table of suspects goes.
            html: Where the page with pictures goes.
            ranking: Where the table of all labels goes.
            part: The part whose labels are ranked; all if empty.
            data: DATA as the words of a command, for the page; empty for what only this process has.
            force: Replace what is there.

        Raises:
            SettingsError: Two are one file.
            RunError: One is there already, or can't be written.
        """
        places = {"export": export, "html": html, "ranking": ranking}
        require_places({name: place for name, place in places.items() if place is not None}, force=force)
        contents: dict[Path, str] = {}
        if export is not None:
            contents[export] = self.csv()
        if html is not None:
            title = f"Labels of {self.catalog.name} that look wrong"
            again = (
                f"sightline train {data} --out run-corrected --corrections {as_word(export)}" if export and data else ""
            )
            contents[html] = page(
                "pages/suspects.html.jinja", title=title, kind=VERB, suspects=self, table=export, again=again
            )
        if ranking is not None:
            contents[ranking] = self.ranking(part)
        write_together(contents)

    def _picture(self, suspect: Suspect) -> PredictedPicture:
        row, shares = int(self.evidence.rows[suspect.place]), self.evidence.probabilities[suspect.place]
        return PredictedPicture(
            path=self.catalog.paths[row],
            truth=self.catalog.classes[suspect.given],
            prediction=self.catalog.classes[suspect.likelier],
            confidence=float(shares[suspect.likelier]),
            truth_probability=float(shares[suspect.given]),
            pixels=picture(self.catalog, row, FULL),
        )


def require_places(places: Mapping[str, Path], *, force: bool) -> None:
    """Raise before any work if tables and page can't be written in the end.

    Args:
        places: Where each goes, by the names in `OUTPUTS`.
        force: Whether an older one may be replaced; nothing else ever is.

    Raises:
        SettingsError: Two are one file.
        RunError: Something is there already, or one can't be written.
    """
    require_apart({f"--{name}": place for name, place in places.items()})
    for name, place in places.items():
        mark, kind = OUTPUTS[name]
        require_ours(place, mark=mark, kind=kind, option=f"--{name}")
        require_free(place, option=f"--{name}", force=force)


def suspects_of(catalog: Catalog, evidence: LabelEvidence) -> Suspects:
    """Return the labels that evidence contradicts.

    Raises:
        DataError: There is one class alone.
    """
    labels = catalog.labels[evidence.rows]
    count, classes = len(labels), len(np.unique(labels))
    if classes < 2:  # noqa: PLR2004 - a label is wrong beside another class
        raise DataError(
            f"of the {len(catalog):,} pictures of {catalog.name}, {count:,} were judged, of {classes} "
            f"class{'es' * (classes != 1)}: no label can be another",
            hint="give pictures of two classes or more that can be read, and answers that all judges have in common",
        )
    errors = label_errors(evidence.probabilities, labels, margins=evidence.margins)
    return Suspects(catalog, evidence, errors)
