"""What is wrong with a data set, all at once and before training."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from sightline.core.findings import Finding, Severity, gravest_first
from sightline.data.catalog import NO_LABEL, PARTS, TRAIN, Catalog
from sightline.data.health.class_names import near_equal_names, odd_names, unwritable_names
from sightline.data.health.corrections import corrected_parts
from sightline.data.health.joined_names import joined_names
from sightline.data.health.near_copies import near_copies
from sightline.data.health.nuisances import nuisances
from sightline.data.health.part_checks import (
    empty_parts,
    few_test_units,
    few_units,
    imbalance,
    missing_from_given_parts,
    missing_from_made_parts,
    small_parts,
    unlabelled_of_held_back,
)
from sightline.data.health.picture_quality import picture_quality
from sightline.data.health.ranges import foreign_ranges, mixed_ranges
from sightline.data.health.series import series_across_parts
from sightline.data.splits import Split
from sightline.data.survey.record import Surveyed
from sightline.data.times.reading import Times
from sightline.imaging.colour_profile import APPLIED, BROKEN
from sightline.imaging.decoders import ENDINGS

Check = Callable[[Surveyed], Iterator[Finding]]


def check(
    surveyed: Surveyed, *, accept: Iterable[str] = (), checks: Sequence[Check] | None = None
) -> tuple[Finding, ...]:
    """Return every finding on a data set, with those on its reading, gravest first.

    Args:
        surveyed: What one look at every sample showed.
        accept: Codes of errors that the user takes as they are; they become warnings.
        checks: Some of `CHECKS`; all of them if not given.
    """
    findings = [*surveyed.catalog.findings]
    for one_check in CHECKS if checks is None else checks:
        findings += one_check(surveyed)
    return _softened(findings, accept)


def check_split(
    surveyed: Surveyed,
    division: Split,
    *,
    accept: Iterable[str] = (),
    parts: Sequence[str] = PARTS,
    times: Times | None = None,
) -> tuple[Finding, ...]:
    """Return what only a split can show: parts without a picture, made ones without a class, copies of what is tested.

    Args:
        division: A split of these samples.
        accept: Codes of errors that the user takes as they are; they become warnings.
        parts: Those that are needed.
        times: What the split was made by; None for chance.
    """
    empty = tuple(empty_parts(surveyed, division, parts, times=times))
    if empty:
        return empty
    findings = (
        *missing_from_made_parts(surveyed, division),
        *few_test_units(surveyed, division),
        *small_parts(surveyed, division),
        *unlabelled_of_held_back(surveyed, division),
        *series_across_parts(surveyed, division),
        *corrected_parts(surveyed.catalog, division),
    )
    return _softened(findings, accept)


def _softened(findings: Iterable[Finding], accept: Iterable[str]) -> tuple[Finding, ...]:
    """Return findings, gravest first, of which those that the user takes as they are became warnings."""
    accepted = set(accept)
    return gravest_first(_accepted(finding) if finding.code in accepted else finding for finding in findings)


def _accepted(finding: Finding) -> Finding:
    if finding.severity is not Severity.ERROR or finding.is_final:
        return finding
    return replace(finding, severity=Severity.WARNING)


def _unreadable(surveyed: Surveyed) -> Iterator[Finding]:
    if surveyed.problems:
        count, total = len(surveyed.problems), len(surveyed.catalog)
        yield Finding(
            "unreadable-picture",
            Severity.ERROR if count == total else Severity.WARNING,
            f"can't be read and left out: {count} of {total} pictures",
            "copy them again, convert them, or delete them",
            tuple(surveyed.problems.values()),
        )


def _unlabelled(surveyed: Surveyed) -> Iterator[Finding]:
    catalog = surveyed.catalog
    rows = np.flatnonzero(~catalog.labelled).tolist()
    if rows:
        is_all = len(rows) == len(catalog)
        yield Finding(
            "unlabelled",
            Severity.ERROR if is_all else Severity.NOTE,
            f"without a label: {len(rows)} of {len(catalog)} pictures; they are learnt from with --unlabelled alone, "
            "and never tested on",
            "name the class of some pictures of each kind"
            if is_all
            else "name their classes to make use of them, or learn from them as they are with --unlabelled rows",
            tuple(catalog.paths[row] for row in rows),
        )


def _number_of_classes(surveyed: Surveyed) -> Iterator[Finding]:
    catalog = surveyed.catalog
    if len(catalog.classes) == 1:
        yield Finding(
            "one-class",
            Severity.ERROR,
            f"there is one class only: {catalog.classes[0]!r}",
            "a classifier tells classes apart: add a folder with pictures of something else",
        )


def _empty_classes(surveyed: Surveyed) -> Iterator[Finding]:
    empty = surveyed.empty_classes
    if empty:
        yield Finding(
            "empty-class",
            Severity.ERROR,
            f"no picture can be read in {len(empty)} of {len(surveyed.catalog.classes)} classes",
            "add pictures, or delete the folders",
            empty,
        )


def _no_training_part(surveyed: Surveyed) -> Iterator[Finding]:
    catalog = surveyed.catalog
    if catalog.given_parts and TRAIN not in catalog.given_parts and "" not in catalog.parts:
        yield Finding(
            "no-training-part",
            Severity.ERROR,
            f"the parts {', '.join(catalog.given_parts)} are given, but no training part",
            "add a folder train/, or rows whose split is train",
        )


def _copies(surveyed: Surveyed) -> Iterator[Finding]:
    catalog = surveyed.catalog
    rows_of = defaultdict[str, list[int]](list)
    for row, digest in enumerate(surveyed.digests):
        if digest and row not in surveyed.problems:
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
    contradictions = [rows for rows in copies if len(set(catalog.labels[rows].tolist()) - {NO_LABEL}) > 1]
    if contradictions:
        yield Finding(
            "same-picture-two-classes",
            Severity.ERROR,
            f"pictures in two classes at once: {len(contradictions)}",
            "delete the wrong copies, or train on them as they are with --accept same-picture-two-classes",
            tuple(" = ".join(catalog.paths[row] for row in rows) for rows in contradictions),
        )


def _in_two_parts(catalog: Catalog, copies: list[list[int]]) -> Iterator[Finding]:
    labelled = catalog.labelled
    leaks = [rows for rows in copies if len({catalog.parts[row] for row in rows if labelled[row]} - {""}) > 1]
    if leaks:
        yield Finding(
            "same-picture-two-parts",
            Severity.WARNING,
            f"pictures in two parts at once: {len(leaks)}; each stays in test before validation before train, "
            "and is left out of the other",
            "delete the copies; figures published on these parts are too good",
            tuple(" = ".join(catalog.paths[row] for row in rows) for rows in leaks),
        )


def _groups_in_two_parts(surveyed: Surveyed) -> Iterator[Finding]:
    catalog = surveyed.catalog
    parts_of = defaultdict[str, set[str]](set)
    for group, part, is_labelled in zip(catalog.groups, catalog.parts, catalog.labelled, strict=True):
        if group and part and is_labelled:
            parts_of[group].add(part)
    lines = tuple(
        f"{group}: {', '.join(part for part in PARTS if part in parts)}"
        for group, parts in sorted(parts_of.items())
        if len(parts) > 1
    )
    if lines:
        yield Finding(
            "group-in-two-parts",
            Severity.ERROR,
            f"groups in two given parts at once: {len(lines)}, so the figures would be too good",
            "keep each group in one part, or keep the parts with --accept group-in-two-parts",
            lines,
        )


def _parts_to_be_made(surveyed: Surveyed) -> Iterator[Finding]:
    catalog = surveyed.catalog
    missing = [part for part in PARTS[1:] if part not in catalog.given_parts]
    if catalog.given_parts and missing:
        yield Finding(
            "part-not-given",
            Severity.NOTE,
            f"no {' and no '.join(missing)} part is given; it is taken out of the training part",
            f"give {' and '.join(missing)} pictures if the figures shall be comparable with others on the same parts",
        )


def _has_another_ending(surveyed: Surveyed, row: int) -> bool:
    endings = ENDINGS.get(surveyed.formats[row])
    return endings is not None and not surveyed.catalog.paths[row].lower().endswith(endings)


ODDITIES: dict[str, tuple[str, Callable[[Surveyed, int], bool]]] = {
    "turned": (
        "are turned upright by their EXIF orientation",
        lambda surveyed, row: bool(surveyed.turned[row]),
    ),
    "several-frames": (
        "with several frames, of which the first is used",
        lambda surveyed, row: bool(surveyed.frames[row] > 1) and surveyed.formats[row] != "MPO",
    ),
    "deep-colours": (
        "with more than eight bits a pixel, scaled to eight from the range of all training pictures or deep_range",
        lambda surveyed, row: row in surveyed.shades,
    ),
    "colour-profile": (
        "in other colours than sRGB, converted by their colour profile or what else their file says of them",
        lambda surveyed, row: surveyed.profiles.get(row) == APPLIED,
    ),
    "broken-profile": (
        "with a colour profile, or another word on their colours, that is broken or has no rule, read as sRGB",
        lambda surveyed, row: surveyed.profiles.get(row) == BROKEN,
    ),
    "other-format": (
        "in another format than their name says, read by what they are",
        _has_another_ending,
    ),
}
"""What is handled by a rule but good to know: its code, its words, and whether a row is so."""


def _oddities(surveyed: Surveyed) -> Iterator[Finding]:
    rows = [row for row in range(len(surveyed.catalog)) if row not in surveyed.problems]
    for code, (symptom, is_odd) in ODDITIES.items():
        paths = tuple(surveyed.catalog.paths[row] for row in rows if is_odd(surveyed, row))
        if paths:
            yield Finding(code, Severity.NOTE, f"pictures {symptom}: {len(paths)}", "nothing needs to be done", paths)


PICTURE_CHECKS: tuple[Check, ...] = (_unreadable, _unlabelled, foreign_ranges, _oddities)
"""The checks that say something of single pictures that a model is asked about."""

CHECKS: tuple[Check, ...] = (
    _unreadable,
    _unlabelled,
    _number_of_classes,
    _empty_classes,
    few_units,
    missing_from_given_parts,
    _no_training_part,
    unwritable_names,
    near_equal_names,
    joined_names,
    odd_names,
    _copies,
    near_copies,
    _groups_in_two_parts,
    _parts_to_be_made,
    imbalance,
    nuisances,
    picture_quality,
    mixed_ranges,
    _oddities,
)
"""Every check."""
