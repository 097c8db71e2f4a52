"""What is wrong with a data set, all at once and before training."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from sightline.core.findings import Finding, Severity, gravest_first
from sightline.data.catalog import PARTS, TEST, TRAIN, Catalog
from sightline.data.survey import Survey

FEW = 3
"""A class with fewer pictures can't be in all of training, validation and test."""
IMBALANCE = 3
"""The largest class over the smallest, from which on accuracy alone says little."""


Check = Callable[[Catalog, Survey], Iterator[Finding]]


def check(
    catalog: Catalog, survey: Survey, *, accept: Iterable[str] = (), checks: Sequence[Check] | None = None
) -> tuple[Finding, ...]:
    """Return every finding on a data set, gravest first.

    Args:
        catalog: The samples, with what was noticed while reading them.
        survey: What one look at every picture showed.
        accept: Codes of errors that the user takes as they are; they become warnings.
        checks: Which checks; all of them if not given.
    """
    accepted = set(accept)
    findings = [*catalog.findings]
    for one_check in CHECKS if checks is None else checks:
        findings += one_check(catalog, survey)
    return gravest_first(_accepted(finding) if finding.code in accepted else finding for finding in findings)


def _accepted(finding: Finding) -> Finding:
    softened = Severity.WARNING if finding.severity is Severity.ERROR else finding.severity
    return Finding(finding.code, softened, finding.symptom, finding.advice, finding.evidence)


def _unreadable(catalog: Catalog, survey: Survey) -> Iterator[Finding]:
    if survey.problems:
        count, total = len(survey.problems), len(catalog)
        yield Finding(
            "unreadable-picture",
            Severity.ERROR if count == total else Severity.WARNING,
            f"can't be read and left out: {count} of {total} pictures",
            "copy them again, convert them, or delete them",
            tuple(survey.problems.values()),
        )


def _number_of_classes(catalog: Catalog, _: Survey) -> Iterator[Finding]:
    if len(catalog.classes) == 1:
        yield Finding(
            "one-class",
            Severity.ERROR,
            f"there is one class only: {catalog.classes[0]!r}",
            "a classifier tells classes apart: add a folder with pictures of something else",
        )


def _empty_classes(catalog: Catalog, survey: Survey) -> Iterator[Finding]:
    counts = np.bincount(catalog.labels[survey.usable], minlength=len(catalog.classes))
    empty = tuple(name for name, count in zip(catalog.classes, counts, strict=True) if not count)
    few = tuple(f"{name}: {count}" for name, count in zip(catalog.classes, counts, strict=True) if 0 < count < FEW)
    if empty:
        yield Finding(
            "empty-class",
            Severity.ERROR,
            f"no picture can be read in {len(empty)} of {len(catalog.classes)} classes",
            "add pictures, or delete the folders",
            empty,
        )
    if few:
        yield Finding(
            "few-pictures",
            Severity.WARNING,
            f"fewer than {FEW} pictures in {len(few)} of {len(catalog.classes)} classes, too few for three parts",
            "add pictures; figures on these classes say nothing",
            few,
        )


def _missing_from_part(catalog: Catalog, survey: Survey) -> Iterator[Finding]:
    parts = np.array(catalog.parts, dtype=object)
    classes = set(np.unique(catalog.labels[survey.usable]).tolist())
    for part in catalog.given_parts:
        present = set(catalog.labels[survey.usable & ((parts == part) | (parts == ""))].tolist())
        absent = tuple(catalog.classes[label] for label in sorted(classes - present))
        if absent:
            yield Finding(
                "class-missing-from-part",
                Severity.ERROR if part == TRAIN else Severity.WARNING,
                f"missing from the {part} part: {len(absent)} of {len(catalog.classes)} classes",
                "a class must be trained to be told; add pictures or take the class out of the other parts"
                if part == TRAIN
                else f"no figure on the {part} part will speak of them",
                absent,
            )
    if catalog.given_parts and TRAIN not in catalog.given_parts and "" not in catalog.parts:
        yield Finding(
            "no-training-part",
            Severity.ERROR,
            f"the parts {', '.join(catalog.given_parts)} are given, but no training part",
            "add a folder train/, or rows whose split is train",
        )


def _near_equal_names(catalog: Catalog, _: Survey) -> Iterator[Finding]:
    alike = defaultdict[str, list[str]](list)
    for name in catalog.classes:
        folded = unicodedata.normalize("NFKC", name).casefold()
        alike["".join(folded.split()).replace("_", "").replace("-", "")].append(name)
    pairs = tuple(" and ".join(map(repr, names)) for names in alike.values() if len(names) > 1)
    if pairs:
        yield Finding(
            "near-equal-names",
            Severity.ERROR,
            f"classes with nearly the same name: {len(pairs)}",
            "give one class one name, or keep them apart with --accept near-equal-names",
            pairs,
        )


def _copies(catalog: Catalog, survey: Survey) -> Iterator[Finding]:
    rows_of = defaultdict[str, list[int]](list)
    for row, digest in enumerate(survey.digests):
        if digest and row not in survey.problems:
            rows_of[digest].append(row)
    copies = [rows for rows in rows_of.values() if len(rows) > 1]
    yield from _in_two_classes(catalog, copies)
    yield from _in_two_parts(catalog, copies)
    if copies:
        yield Finding(
            "same-picture-twice",
            Severity.NOTE,
            f"pictures that are there more than once: {len(copies)}; copies stay in one part",
            "delete the copies if they are not meant",
            tuple(" = ".join(catalog.paths[row] for row in rows) for rows in copies),
        )


def _in_two_classes(catalog: Catalog, copies: list[list[int]]) -> Iterator[Finding]:
    torn = [rows for rows in copies if len(set(catalog.labels[rows].tolist())) > 1]
    if torn:
        yield Finding(
            "same-picture-two-classes",
            Severity.ERROR,
            f"pictures in two classes at once: {len(torn)}",
            "delete the wrong copies, or train on them as they are with --accept same-picture-two-classes",
            tuple(" = ".join(catalog.paths[row] for row in rows) for rows in torn),
        )


def _in_two_parts(catalog: Catalog, copies: list[list[int]]) -> Iterator[Finding]:
    leaks = [rows for rows in copies if len({catalog.parts[row] for row in rows} - {""}) > 1]
    if leaks:
        yield Finding(
            "same-picture-two-parts",
            Severity.WARNING,
            f"pictures in two parts at once: {len(leaks)}; each stays in test before validation before train, "
            "and is left out of the other",
            "delete the copies; figures published on these parts are too good",
            tuple(" = ".join(catalog.paths[row] for row in rows) for rows in leaks),
        )


def _groups_in_two_parts(catalog: Catalog, _: Survey) -> Iterator[Finding]:
    parts_of = defaultdict[str, set[str]](set)
    for group, part in zip(catalog.groups, catalog.parts, strict=True):
        if group and part:
            parts_of[group].add(part)
    torn = tuple(
        f"{group}: {', '.join(part for part in PARTS if part in parts)}"
        for group, parts in sorted(parts_of.items())
        if len(parts) > 1
    )
    if torn:
        yield Finding(
            "group-in-two-parts",
            Severity.ERROR,
            f"groups in two given parts at once: {len(torn)}, so the figures would be too good",
            "keep each group in one part, or keep the parts with --accept group-in-two-parts",
            torn,
        )


def _parts_to_be_made(catalog: Catalog, _: Survey) -> Iterator[Finding]:
    missing = [part for part in PARTS[1:] if part not in catalog.given_parts]
    if catalog.given_parts and missing:
        yield Finding(
            "part-not-given",
            Severity.NOTE,
            f"no {' and no '.join(missing)} part is given; it is taken out of the training part",
            f"give one if the figures shall be comparable with others on the same {TEST} part",
        )


def _imbalance(catalog: Catalog, survey: Survey) -> Iterator[Finding]:
    counts = np.bincount(catalog.labels[survey.usable], minlength=len(catalog.classes))
    largest, smallest = max(counts, default=0), min(counts, default=0)
    if smallest and largest > IMBALANCE * smallest:
        yield Finding(
            "imbalance",
            Severity.WARNING,
            f"the largest class, {catalog.classes[counts.argmax()]!r}, has {largest} pictures, the smallest, "
            f"{catalog.classes[counts.argmin()]!r}, {smallest}",
            "look at macro F1 and balanced accuracy rather than at accuracy",
        )


def _oddities(catalog: Catalog, survey: Survey) -> Iterator[Finding]:
    """Yield what is handled by a rule but good to know: turned, animated, 16-bit, wrongly named."""
    suffixes = {"JPEG": "jpg jpeg jpe jfif", "MPO": "jpg jpeg jpe jfif", "PNG": "png", "WEBP": "webp",
                "BMP": "bmp", "GIF": "gif", "TIFF": "tif tiff"}  # fmt: skip
    rows = [row for row in range(len(catalog)) if row not in survey.problems]
    odd = {
        "turned": (
            "are turned upright by their EXIF orientation",
            [row for row in rows if survey.turned[row]],
        ),
        "several-frames": (
            "with several frames, of which the first is used",
            [row for row in rows if survey.frames[row] > 1 and survey.formats[row] != "MPO"],
        ),
        "deep-colours": (
            "with more than eight bits a channel, scaled to eight",
            [row for row in rows if survey.modes[row].startswith(("I", "F"))],
        ),
        "other-format": (
            "in another format than their name says, read by what they are",
            [
                row
                for row in rows
                if survey.formats[row] in suffixes
                and catalog.paths[row].rsplit(".", 1)[-1].lower() not in suffixes[survey.formats[row]].split()
            ],
        ),
    }
    for code, (symptom, found) in odd.items():
        if found:
            yield Finding(
                code,
                Severity.NOTE,
                f"pictures {symptom}: {len(found)}",
                "nothing needs to be done",
                tuple(catalog.paths[row] for row in found),
            )


PICTURE_CHECKS: tuple[Check, ...] = (_unreadable, _oddities)
"""The checks that say something of single pictures, whatever they are used for."""

CHECKS: tuple[Check, ...] = (
    _unreadable,
    _number_of_classes,
    _empty_classes,
    _missing_from_part,
    _near_equal_names,
    _copies,
    _groups_in_two_parts,
    _parts_to_be_made,
    _imbalance,
    _oddities,
)
"""Every check; each takes the catalog and the survey and yields findings."""
