"""The page of a checkup: which pictures it shows, and where they come from."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from sightline.core.findings import Finding
from sightline.core.runtimes import core_count
from sightline.data.catalog import NO_LABEL, PARTS
from sightline.data.copies.kinds import Kind
from sightline.data.copies.similar import NOTHING_SIMILAR, Similar
from sightline.data.health.picture_quality import QUALITIES
from sightline.data.health.similar import UNLIKE
from sightline.data.survey.record import Surveyed
from sightline.evaluation.pages.checkup import CheckupPage, ClassCount, LabelledPicture, PicturedPair, Strip
from sightline.imaging.deep import FULL
from sightline.line.answers import picture
from sightline.line.health.copies import SIMILAR, ranked

MOST_PAIRS = 60
"""Near copies that are shown: some 1 MB of a page."""
STRIP = 12
"""Pictures of a finding that are shown."""


def checkup_page(surveyed: Surveyed, findings: tuple[Finding, ...], similar: Similar = NOTHING_SIMILAR) -> CheckupPage:
    """Return the page of what was noticed about a data set; the pictures that it shows are read by all cores.

    Args:
        surveyed: What the look at every sample showed, with the near copies among them.
        similar: The pairs that a base sees as alike.

    Raises:
        PictureError: A picture is there no more.
    """
    catalog = surveyed.catalog
    given = set(catalog.parts)
    parts = tuple(part for part in PARTS if part in given)
    places = [place for place in ranked(surveyed) if surveyed.copies.kinds[place] is not Kind.SAME_FILE]
    return CheckupPage(
        title=f"A check of {catalog.name}",
        about=f"{len(catalog):,} pictures of {len(catalog.classes):,} classes",
        findings=findings,
        pairs=_pairs(surveyed, places[:MOST_PAIRS]),
        pair_count=len(places),
        similar=_similar(surveyed, similar),
        similar_count=len(similar.rows),
        strips=tuple(_strips(surveyed, findings)),
        parts=parts,
        classes=_class_counts(surveyed, parts),
    )


def _pairs(surveyed: Surveyed, places: list[int]) -> tuple[PicturedPair, ...]:
    copies = surveyed.copies
    shown = _pictures(surveyed, copies.rows[places].ravel().tolist())
    return tuple(
        PicturedPair(first, second, copies.kinds[place].value, float(copies.distances[place]))
        for first, second, place in zip(shown[::2], shown[1::2], places, strict=True)
    )


def _similar(surveyed: Surveyed, similar: Similar) -> tuple[PicturedPair, ...]:
    rows, similarities = similar.rows[:MOST_PAIRS], similar.similarities[:MOST_PAIRS].tolist()
    shown = _pictures(surveyed, rows.ravel().tolist())
    return tuple(
        PicturedPair(first, second, SIMILAR, similarity)
        for first, second, similarity in zip(shown[::2], shown[1::2], similarities, strict=True)
    )


def _strips(surveyed: Surveyed, findings: tuple[Finding, ...]) -> Iterator[Strip]:
    """Yield examples of each finding on the quality of pictures, whose evidence are their paths."""
    codes = {*(quality.code for quality in QUALITIES), UNLIKE}
    rows = {path: row for row, path in enumerate(surveyed.catalog.paths)}
    for finding in findings:
        if finding.code in codes:
            some = [rows[path] for path in finding.evidence[:STRIP]]
            yield Strip(finding.symptom, _pictures(surveyed, some), len(finding.evidence))


def _pictures(surveyed: Surveyed, rows: list[int]) -> tuple[LabelledPicture, ...]:
    catalog = surveyed.catalog

    def shown(row: int) -> LabelledPicture:
        label = int(catalog.labels[row])
        name = "" if label == NO_LABEL else catalog.classes[label]
        return LabelledPicture(catalog.paths[row], name, catalog.parts[row], picture(catalog, row, FULL))

    with ThreadPoolExecutor(core_count()) as readers:
        return tuple(readers.map(shown, rows))


def _class_counts(surveyed: Surveyed, parts: tuple[str, ...]) -> tuple[ClassCount, ...]:
    catalog, rows = surveyed.catalog, surveyed.labelled_rows
    given = np.array(catalog.parts, dtype=object)[rows]
    by_part = [
        np.bincount(catalog.labels[rows[given == part]], minlength=len(catalog.classes)).tolist() for part in parts
    ]
    counts = surveyed.class_counts.tolist()
    every = (
        ClassCount(name, counts[label], tuple(count[label] for count in by_part))
        for label, name in enumerate(catalog.classes)
    )
    return tuple(sorted(every, key=lambda one: -one.count))
