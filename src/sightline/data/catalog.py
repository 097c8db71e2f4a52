"""The table of samples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sightline.core.findings import Finding
from sightline.data.sources import Source

Rows = npt.NDArray[np.int64]

TRAIN, VALIDATION, TEST = "train", "validation", "test"
PARTS = (TRAIN, VALIDATION, TEST)
CALIBRATION = "calibration"
"""A part that no data set gives: taken from a large validation part, to choose nothing and to calibrate on."""
NO_LABEL = -1
"""Stands among the labels for a sample whose class nobody has named."""
PART_NAMES = {
    "train": TRAIN,
    "training": TRAIN,
    "val": VALIDATION,
    "valid": VALIDATION,
    "validation": VALIDATION,
    "test": TEST,
    "testing": TEST,
}
"""What people call the parts, to what sightline calls them."""


@dataclass(frozen=True, repr=False)
class Catalog:
    """The samples of one data set as columns of equal length, in a fixed order.

    Args:
        name: What the data set is called.
        source: Where the pictures are.
        paths: Each picture's name in the source; also its name in every file that sightline writes.
        labels: (N,) int64, each an index into `classes`, or `NO_LABEL`.
        classes: The names of the classes, sorted; a class without a sample is possible.
        groups: What may not be torn apart by a split, such as a patient; ``""`` for none.
        parts: The part that the data set itself gives: ``"train"``, ``"validation"``, ``"test"`` or ``""``.
        findings: What was noticed while reading: things left out, odd names, links.
        columns: What else a table says of each picture, by the names of its columns: N words each.
        folder: The folder that was listed, so that what is written there would be listed the next time; None if none.
        relabelled: The paths whose label a table of corrections has changed.
    """

    name: str
    source: Source
    paths: tuple[str, ...]
    labels: Rows
    classes: tuple[str, ...]
    groups: tuple[str, ...]
    parts: tuple[str, ...]
    findings: tuple[Finding, ...] = field(default=())
    folder: Path | None = None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    relabelled: frozenset[str] = frozenset()

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.paths)

    def __repr__(self) -> str:
        """Return the name, how many samples there are, and of how many classes, in one line."""
        return f"<Catalog {self.name}: {len(self):,} samples of {len(self.classes):,} classes>"

    def _repr_html_(self) -> str:
        """Show the catalog in a notebook: how many samples each class has, and a few names."""
        from sightline.data.catalog_table import counts_of, table_html  # only a notebook needs it

        counts = counts_of(self.classes, self.labels.tolist(), self.parts, order=PARTS)
        return table_html(self.name, counts, self.paths)

    @property
    def labelled(self) -> npt.NDArray[np.bool_]:
        """(N,) bool, whether the class of each sample is known."""
        return np.not_equal(self.labels, NO_LABEL)

    @property
    def given_parts(self) -> tuple[str, ...]:
        """The parts that the data set gives labelled samples itself, in the order train, validation, test."""
        labelled = self.labelled
        present = set(self.parts if labelled.all() else compress(self.parts, labelled))
        return tuple(part for part in PARTS if part in present)

    def label_of(self, row: int) -> str:
        """Return the name of a sample's class; ``""`` where nobody has named it."""
        label = self.labels[row]
        return "" if label == NO_LABEL else self.classes[label]

    def only(self, part: str) -> "Catalog":
        """Return the samples of one given part; the classes stay as they are."""
        return self.at(np.flatnonzero(np.array(self.parts, dtype=object) == part))

    def at(self, rows: Rows) -> "Catalog":
        """Return the samples in some rows, in their order; the classes stay as they are."""
        return replace(
            self,
            paths=tuple(self.paths[row] for row in rows),
            labels=self.labels[rows],
            groups=tuple(self.groups[row] for row in rows),
            parts=tuple(self.parts[row] for row in rows),
            columns={name: tuple(column[row] for row in rows) for name, column in self.columns.items()},
        )


@dataclass(frozen=True)
class Sample:
    """One row of a table that is being read.

    Args:
        path: The picture's name in its source.
        label: The name of its class; None where nobody has named it.
        group: What may not be torn apart by a split; ``""`` for none.
        part: ``"train"``, ``"validation"``, ``"test"`` or ``""``.
        others: What further columns say of it.
    """

    path: str
    label: str | None
    group: str = ""
    part: str = ""
    others: tuple[str, ...] = ()


def catalog_of(
    samples: Sequence[Sample],
    *,
    name: str,
    source: Source,
    classes: Sequence[str] = (),
    findings: Sequence[Finding] = (),
    columns: Sequence[str] = (),
) -> Catalog:
    """Make a catalog from rows.

    Args:
        samples: The rows, in any order; they are kept in the order of their paths.
        name: What the data set is called.
        source: Where the pictures are.
        classes: Classes that exist even if no row names them, such as empty folders.
        findings: What was noticed while reading.
        columns: The names of what every row says besides, in the order of its `others`.
    """
    ordered = sorted(samples, key=lambda sample: sample.path)
    names = tuple(sorted({*classes, *(sample.label for sample in ordered if sample.label is not None)}))
    index: dict[str | None, int] = {None: NO_LABEL}
    index.update((label, number) for number, label in enumerate(names))
    return Catalog(
        name=name,
        source=source,
        paths=tuple(sample.path for sample in ordered),
        labels=np.array([index[sample.label] for sample in ordered], dtype=np.int64),
        classes=names,
        groups=tuple(sample.group for sample in ordered),
        parts=tuple(sample.part for sample in ordered),
        findings=tuple(findings),
        columns={name: tuple(sample.others[place] for sample in ordered) for place, name in enumerate(columns)},
    )
