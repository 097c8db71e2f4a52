"""What is wrong with a data set whose classes, not pictures, are split: a class that a part lacks is meant there."""

from collections.abc import Iterator, Sequence

import numpy as np

from sightline.core.findings import Finding, Severity
from sightline.data.by_class.splits import LEAST_CLASSES, gives_classes
from sightline.data.checks import CHECKS, Check
from sightline.data.health.part_checks import few_units, imbalance, missing_from_given_parts
from sightline.data.splits import Split
from sightline.data.survey.record import Surveyed


def lone_pictures(surveyed: Surveyed) -> Iterator[Finding]:
    """Find classes with one picture: nothing is like it."""
    counts, classes = surveyed.class_counts.tolist(), surveyed.catalog.classes
    alone = tuple(name for name, count in zip(classes, counts, strict=True) if count == 1)
    if alone:
        yield Finding(
            "lone-picture",
            Severity.WARNING,
            f"one picture only in {len(alone)} of {len(classes)} classes: nothing is like it, so they are not learnt "
            "from and no figure speaks of them",
            "add a second picture, or keep the class to be enrolled later",
            alone,
        )


def parts_that_share_classes(surveyed: Surveyed) -> Iterator[Finding]:
    """Find given parts that can't be kept, since the same classes are in several."""
    catalog = surveyed.catalog
    if catalog.given_parts and not gives_classes(catalog):
        yield Finding(
            "parts-share-classes",
            Severity.NOTE,
            f"the parts {', '.join(catalog.given_parts)} that the data gives share classes: they are passed over, and "
            "classes are held out instead, since new classes are what is measured",
            "give parts of different classes if the figures shall be comparable with others",
        )


CLASS_CHECKS: tuple[Check, ...] = (
    *(each for each in CHECKS if each not in (few_units, imbalance, missing_from_given_parts)),
    lone_pictures,
    parts_that_share_classes,
)
"""The checks of data whose classes are split."""


def check_class_split(surveyed: Surveyed, division: Split, *, parts: Sequence[str]) -> Iterator[Finding]:
    """Find parts in which nothing can be told from anything, or nothing is like anything.

    Args:
        division: A split of the classes.
        parts: Those that are needed.
    """
    for part in parts:
        counts = np.bincount(surveyed.catalog.labels[division.rows(part)], minlength=len(surveyed.catalog.classes))
        present, several = int((counts > 0).sum()), int((counts > 1).sum())
        if several < LEAST_CLASSES:
            yield Finding(
                "few-classes-in-part",
                Severity.ERROR,
                f"the {part} part has {present} classes, {several} of them with two pictures or more",
                f"each part needs {LEAST_CLASSES} such classes: add classes, or pictures of them",
                is_final=True,
            )
