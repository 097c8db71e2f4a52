"""``sightline inspect``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sightline.app.streams import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.evaluation.pages.inspection import Inspection, LayerRow

MOST_LINES = 40
EXAMPLES = """\b
Examples:
  sightline inspect run
  sightline inspect run/model.sightline new.jpg --out inside.html"""


@click.command(epilog=EXAMPLES)
@click.argument("place", metavar="RUN-or-MODEL", type=click.Path(path_type=Path))
@click.argument("picture", required=False)
@click.option("--out", type=click.Path(path_type=Path), metavar="PAGE.html",
              help="The page; without it RUN/inspect.html, or MODEL.inspect.html here.")  # fmt: skip
def command(place: Path, picture: str | None, out: Path | None) -> None:
    """See inside a network: its first filters, its layers, and how they changed while it was trained.

    With a PICTURE also what each layer makes of it. Writes one HTML page that needs no other file.
    """
    from sightline.app.api.inspect import inspect

    page = out or _default_page(place)
    inspection = inspect(place, picture, out=page)
    for line in _lines(inspection):
        say(line)
    say(f"page: {page}")


def _default_page(place: Path) -> Path:
    """Return where the page goes if --out does not say it: into the run, or into the working directory."""
    return place / "inspect.html" if place.is_dir() else Path(f"{place.name}.inspect.html")


def _lines(inspection: "Inspection") -> "Iterator[str]":
    from sightline.core.percent import percent
    from sightline.core.text import visible
    from sightline.evaluation.layers import layer_troubles

    yield from _table(inspection.rows)
    yield from inspection.notes
    yield from (sentence.replace("\u00a0", " ") for sentence in layer_troubles(inspection.layers))
    if inspection.view is not None:
        named = "  ".join(f"{visible(label)} {percent(share)}" for label, share in inspection.view.answers)
        yield f"{visible(inspection.view.name)}  {named}"


def _table(rows: "tuple[LayerRow, ...]") -> "Iterator[str]":
    if not rows:
        return
    cells = [("layer", "output", "receptive field", "dead", "saturated")]
    cells += [(row.name, row.shape, row.field, _share(row.dead), _share(row.saturated)) for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(5)]
    for line in cells[: MOST_LINES + 1]:
        padded = (
            text.ljust(width) if column < 2 else text.rjust(width)  # noqa: PLR2004 - words to the left, numbers right
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        yield "  ".join(padded).rstrip()
    if len(rows) > MOST_LINES:
        yield f"and {len(rows) - MOST_LINES} more layers; the page lists all"


def _share(share: float | None) -> str:
    from sightline.core.percent import percent

    return "-" if share is None else percent(share)
