"""The near copies of a data set: looked for once, and written as a table."""

from dataclasses import replace
from pathlib import Path

from sightline.core.storage import csv_text, write_whole
from sightline.data.cache_folder import looks_folder
from sightline.data.catalog import PARTS
from sightline.data.copies.cache import kept_copies
from sightline.data.copies.similar import NOTHING_SIMILAR, Similar
from sightline.data.survey.record import Surveyed
from sightline.line.narrator import Narrator
from sightline.line.output_place import require_ours

HEADER = ("path_a", "path_b", "kind", "distance")
SIMILAR = "similar"
"""The kind of a pair that a base sees as alike."""


def with_copies(surveyed: Surveyed, narrator: Narrator) -> Surveyed:
    """Return a survey that knows which of its pictures are near copies.

    Args:
        surveyed: What one look at every sample showed.
        narrator: Says that it takes a while.
    """
    with narrator.counting("comparing pictures", len(surveyed.digests)) as advance:
        copies = kept_copies(surveyed, looks_folder())
        advance(len(surveyed.digests))
    return replace(surveyed, copies=copies)


def copies_table(surveyed: Surveyed, similar: Similar = NOTHING_SIMILAR) -> str:
    """Return the pairs of near copies as a CSV file, the most harmful first.

    Those between two given parts come before those within one, for they make figures too good; and each test
    picture's nearest copy before its further ones. Beyond that the surest pairs come first: see `Copies`.

    Args:
        similar: Pairs that a base sees as alike. They follow, in a column of their own, where a base was asked.
    """
    copies, paths = surveyed.copies, surveyed.catalog.paths
    rows = [
        (
            *(paths[row] for row in copies.rows[place].tolist()),
            copies.kinds[place].value,
            f"{copies.distances[place]:.4f}",
        )
        for place in ranked(surveyed)
    ]
    if not len(similar.seen):
        return csv_text(HEADER, rows)
    alike = [
        (*(paths[row] for row in pair), SIMILAR, "", f"{similarity:.4f}")
        for pair, similarity in zip(similar.rows.tolist(), similar.similarities.tolist(), strict=True)
    ]
    return csv_text((*HEADER, "similarity"), [*((*row, "") for row in rows), *alike])


def write_copies(surveyed: Surveyed, similar: Similar, path: Path) -> Path:
    """Write `copies_table`, replacing an older one, and return where it is.

    Raises:
        RunError: Something else is there already, or it can't be written.
    """
    require_copies_place(path)
    write_whole(path, copies_table(surveyed, similar))
    return path


def require_copies_place(path: Path) -> None:
    """Raise if something else than a table of near copies lies where one will be written.

    Raises:
        RunError: It does.
    """
    require_ours(path, mark=",".join(HEADER), kind="table of near copies", option="--copies")


def ranked(surveyed: Surveyed) -> list[int]:
    """Return the places of the pairs, first those that harm most."""
    named: dict[bool, set[int]] = {True: set(), False: set()}
    order = list[tuple[bool, bool, int]]()
    for place, pair in enumerate(surveyed.copies.rows.tolist()):
        parts = {PARTS.index(part): row for row in pair if (part := surveyed.catalog.parts[row])}
        crosses = len(parts) > 1
        held_back = {parts[max(parts)]} if crosses else set(pair)
        order.append((not crosses, named[crosses].issuperset(held_back), place))  # the surest pairs come first
        named[crosses] |= held_back
    return [place for *_, place in sorted(order)]
