"""Shots of one scene, and pictures that are unlike all others, where a base has looked at them."""

from collections.abc import Iterator

import numpy as np

from sightline.core.findings import Finding, Severity
from sightline.data.copies.similar import Similar
from sightline.data.health.near_copies import LOOK
from sightline.data.health.outliers import BOUND, middle_and_deviation
from sightline.data.health.picture_quality import USUAL
from sightline.data.survey.record import Surveyed

UNLIKE = "unlike-picture"
"""The code of pictures that are far from all others."""


def similar_findings(surveyed: Surveyed, similar: Similar) -> Iterator[Finding]:
    """Find shots of one scene, in two given parts or not, and pictures that are unlike all others."""
    catalog = surveyed.catalog
    across = [
        place
        for place, pair in enumerate(similar.rows.tolist())
        if len({catalog.parts[row] for row in pair if catalog.labelled[row]} - {""}) > 1
    ]
    if across:
        yield Finding(
            "similar-two-parts",
            Severity.WARNING,
            f"pictures that look like shots of one scene stand in two given parts: {_pairs(len(across))}; if they "
            "are, the figures flatter",
            f"{LOOK}; a table's column group keeps shots of one scene in one part",
            tuple(_pair(surveyed, similar, place) for place in across),
        )
    if len(similar.rows):
        yield Finding(
            "similar-pictures",
            Severity.NOTE,
            f"pictures that look like shots of one scene to a base: {len({*similar.rows.ravel().tolist()}):,}, in "
            f"{_pairs(len(similar.rows))}; unlike near copies they are not kept in one part",
            "name shots of one scene by one group in a table, as in path,label,group",
            tuple(_pair(surveyed, similar, place) for place in range(len(similar.rows))),
        )
    yield from _unlike(surveyed, similar)


def _pairs(count: int) -> str:
    return f"{count:,} pair{'' if count == 1 else 's'}"


def _pair(surveyed: Surveyed, similar: Similar, place: int) -> str:
    first, second = (surveyed.catalog.paths[row] for row in similar.rows[place].tolist())
    return f"{first} ~ {second} ({similar.similarities[place]:.2f})"


def _unlike(surveyed: Surveyed, similar: Similar) -> Iterator[Finding]:
    """Find pictures that are far from even their own neighbourhood.

    Reference:
        Ramaswamy, Rastogi and Shim, "Efficient Algorithms for Mining Outliers from Large Data Sets" (2000), for the
        distance to the nearest ones. https://doi.org/10.1145/342009.335437
    """
    if not len(similar.seen):
        return
    apart = 1 - similar.nearness
    middle, deviation = middle_and_deviation(apart)
    count = int((apart > middle + BOUND * deviation).sum())
    if 0 < count <= USUAL * len(apart):
        farthest = similar.seen[np.argsort(-apart, kind="stable")[:count]].tolist()
        yield Finding(
            UNLIKE,
            Severity.NOTE,
            f"pictures unlike all others to a base: {count:,} of {len(apart):,}",
            "look at them, and delete those that do not belong to the set",
            tuple(surveyed.catalog.paths[row] for row in farthest),
        )
