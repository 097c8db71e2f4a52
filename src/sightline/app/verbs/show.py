"""``sightline show``."""

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import click

from sightline.app.streams import say
from sightline.core.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.evaluation.pages.model_card import ModelCard

WIDTH = 100
MOST_CLASSES = 40
EXAMPLES = """\b
Examples:
  sightline show run
  sightline show model.sightline --html card.html"""


@click.command(epilog=EXAMPLES)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--html", type=click.Path(path_type=Path), metavar="PAGE.html", help="Also write the card as a page.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(model: Path, html: Path | None, *, as_json: bool) -> None:
    """Say what MODEL, a model.sightline file or a run's folder, is: its card."""
    from sightline.app.api.show import show
    from sightline.core.json_values import json_line

    card = show(model, html=html)
    if as_json:
        say(json_line(card.as_json()))
        return
    for line in _lines(card):
        say(line)
    if html is not None:
        say(f"page: {html}")


def _lines(card: "ModelCard") -> "Iterator[str]":
    width = max(len(name) for _, rows in card.facts for name, _ in rows)
    yield card.title
    for heading, rows in card.facts:
        yield f"\n{heading}"
        for name, value in rows:
            yield f"  {name:<{width}}  {_plain(value)}"
    yield f"\n{len(card.classes):,} classes"
    named = ", ".join(map(_plain, card.classes[:MOST_CLASSES]))
    more = len(card.classes) - MOST_CLASSES
    yield fill(
        f"{named}{f' and {more:,} more' if more > 0 else ''}", WIDTH, initial_indent="  ", subsequent_indent="  "
    )
    yield "\nReading it with another program"
    yield "\n".join(f"  {line}" for line in card.reading.splitlines())


def _plain(text: str) -> str:
    """Return a text from a stranger's file with escapes in the place of what could steer a terminal."""
    return printable(text.replace("\u00a0", " "))
