"""Near copies: noted where they are in one class and part, warned of where they are in two."""

from collections.abc import Iterator, Sequence

from sightline.core.findings import Finding, Severity
from sightline.data.catalog import NO_LABEL
from sightline.data.copies.kinds import Kind
from sightline.data.survey.record import Surveyed

LOOK = "look at them with --report PAGE.html"
"""What is advised wherever pairs are best seen side by side, but on that page."""
NAMED = 4
"""Copies of one family that are named."""


def near_copies(surveyed: Surveyed) -> Iterator[Finding]:
    """Find pictures that are made of one another, though their files differ."""
    places = [place for place, kind in enumerate(surveyed.copies.kinds) if kind is not Kind.SAME_FILE]
    yield from _across_parts(surveyed, places)
    yield from _across_classes(surveyed, places)
    near = {row for place in places for row in surveyed.copies.rows[place].tolist()}
    families = [family for family in surveyed.copies.families if not near.isdisjoint(family)]
    if families:
        yield Finding(
            "near-copies",
            Severity.NOTE,
            f"pictures that are near copies of others: {sum(map(len, families)):,}, in {len(families):,} families; "
            "each family stays in one part of those that are made",
            f"{LOOK}, or list them with --copies FILE.csv, and delete what is not meant",
            tuple(_named(surveyed, family) for family in families),
        )


def _across_parts(surveyed: Surveyed, places: Sequence[int]) -> Iterator[Finding]:
    parts, labelled = surveyed.catalog.parts, surveyed.catalog.labelled
    across = [
        place
        for place in places
        if len({parts[row] for row in surveyed.copies.rows[place].tolist() if labelled[row]} - {""}) > 1
    ]
    if across:
        yield Finding(
            "near-copies-two-parts",
            Severity.WARNING,
            f"near copies in two given parts at once: {len(across):,} pairs of "
            f"{len({*surveyed.copies.rows[across].ravel().tolist()}):,} pictures, so the figures are too good",
            "the report also gives the figure without them; delete them from one part if the parts are yours to change",
            tuple(_pair(surveyed, place) for place in across),
        )


def _across_classes(surveyed: Surveyed, places: Sequence[int]) -> Iterator[Finding]:
    labels = surveyed.catalog.labels
    across = [place for place in places if len({*labels[surveyed.copies.rows[place]].tolist()} - {NO_LABEL}) > 1]
    if across:
        yield Finding(
            "near-copies-two-classes",
            Severity.WARNING,
            f"near copies in two classes at once: {len(across):,} pairs, of which one label may be wrong",
            f"{LOOK}, or list them with --copies FILE.csv, and mend the labels",
            tuple(_pair(surveyed, place) for place in across),
        )


def _pair(surveyed: Surveyed, place: int) -> str:
    first, second = (surveyed.catalog.paths[row] for row in surveyed.copies.rows[place].tolist())
    return f"{first} = {second} ({surveyed.copies.kinds[place]}, {surveyed.copies.distances[place]:.2f})"


def _named(surveyed: Surveyed, family: Sequence[int]) -> str:
    more = f" and {len(family) - NAMED:,} more" if len(family) > NAMED else ""
    return " = ".join(surveyed.catalog.paths[row] for row in family[:NAMED]) + more
