"""``sightline explain``."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sightline.app.streams import say

if TYPE_CHECKING:
    from sightline.line.explanation.explanation import Explanation
    from sightline.line.explanation.record import ExplainedPicture

SOME_UNREADABLE = 1
EXAMPLES = """\b
Examples:
  sightline explain run new.jpg
  sightline explain run photos/ --class bee --way occlusion --out why.html"""


@click.command(epilog=EXAMPLES)
@click.argument("model")
@click.argument("pictures", nargs=-1, required=True, metavar="PICTURE-OR-FOLDER...")
@click.option("--class", "label", metavar="NAME", help="The class that is explained; without it each likeliest one.")
@click.option("--way", "ways", multiple=True, metavar="NAME",
              help="occlusion, grad-cam or integrated-gradients; without it all that are at hand.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), default=Path("explanation.html"), show_default=True,
              metavar="PAGE.html", help="The page.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="N",
              help="Of the shuffled weights and the random maps.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of writing the page.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def command(
    model: str,
    pictures: tuple[str, ...],
    label: str | None,
    ways: tuple[str, ...],
    out: Path,
    *,
    seed: int,
    as_json: bool,
    quiet: bool,
) -> int:
    """Say why MODEL (a model.sightline file or a run's folder) answers so: where it looked, and what is like it.

    Writes one HTML page that needs no other file. Every map stands beside what it is worth: taking its
    places away must lower the answer sooner than a random order does, and a network with shuffled
    weights must give another map. Occlusion asks the model's graph alone; the other ways need torch.
    """
    from sightline.app.api.explain import explain
    from sightline.app.progress import narrator_of
    from sightline.core.json_values import json_line

    explanation = explain(
        model,
        pictures,
        label=label,
        ways=ways,
        seed=seed,
        out=None if as_json else out,
        narrator=narrator_of(quiet=quiet),
    )
    if as_json:
        say(json_line(explanation.as_json()))
    else:
        for line in _lines(explanation):
            say(line)
        say(f"page: {out}")
    return SOME_UNREADABLE if explanation.problems else 0


def _lines(explanation: "Explanation") -> Iterator[str]:
    for picture in explanation.pictures:
        yield from _picture_lines(picture)
    yield from explanation.problems
    yield from explanation.notes


def _picture_lines(picture: "ExplainedPicture") -> Iterator[str]:
    from sightline.core.text import visible

    yield visible(f"{picture.name}  {picture.words}")
    for one in picture.maps:
        alike = "" if one.agreement is None else f", like shuffled weights {one.agreement:.2f}"
        yield (
            f"  {one.way:<20}  deletion {one.curves.deletion_area:.3f} (random {one.random.deletion_area:.3f}), "
            f"insertion {one.curves.insertion_area:.3f} (random {one.random.insertion_area:.3f}){alike}"
        )
    if picture.evidence:
        spoken = sorted(picture.evidence.voices, key=lambda voice: -voice.nats)
        yield "  descriptors  " + "  ".join(f"{voice.name} {voice.nats:+.2f}" for voice in spoken)
    if picture.neighbours:
        near = (f"{visible(one.label)} {one.similarity:.3f}" for one in picture.neighbours)
        yield "  most like (similarity)  " + "  ".join(near)
