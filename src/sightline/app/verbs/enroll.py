"""``sightline enroll``."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sightline.app.streams import say

if TYPE_CHECKING:
    from sightline.line.enrolment.cost import Cost
    from sightline.line.enrolment.enrolment import Enrolment

EXAMPLES = """\b
Examples:
  sightline enroll run tulip tulip1.jpg tulip2.jpg
  sightline enroll run tulip tulips/ --check flowers/ --out with-tulips.sightline"""


@click.command(epilog=EXAMPLES)
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("name")
@click.argument("pictures", nargs=-1, required=True, metavar="PICTURE-OR-FOLDER...")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write there and leave MODEL as it is.")
@click.option("--check", metavar="DATA", help="Labelled pictures of old and new classes: say what the new one costs.")
@click.option("--keep-pictures", is_flag=True, help="Keep a small copy of each picture in the file, to be shown.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def command(
    model: Path,
    name: str,
    pictures: tuple[str, ...],
    *,
    out: Path | None,
    check: str | None,
    keep_pictures: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Add the class NAME to MODEL by some pictures of it, without training; or pictures to a class that was enrolled.

    MODEL is a model.sightline file or a run's folder. It is replaced as a whole, or stays as it is. Five pictures are
    better than one. A classifier must lie in its run's folder when its first class is enrolled.

    The file keeps what the network makes of each picture, the picture's digest and its file's name.
    """
    from sightline.app.api.enroll import enroll
    from sightline.app.progress import narrator_of

    narrator = narrator_of(quiet=quiet)
    show(
        enroll(model, name, pictures, out=out, check=check, keep_pictures=keep_pictures, narrator=narrator),
        as_json=as_json,
    )


def show(enrolment: "Enrolment", *, as_json: bool) -> None:
    """Print what was changed."""
    from sightline.core.json_values import json_line
    from sightline.core.text import visible

    if as_json:
        say(json_line(enrolment.as_json()))
        return
    count = enrolment.pictures
    known = f"is known by {count:,} picture{'' if count == 1 else 's'}" if count else "is forgotten"
    say(f"{visible(enrolment.name)} {known}; the model knows {len(enrolment.classes):,} classes")
    if count and enrolment.expected is not None:
        say(f"to be expected: {enrolment.expected.words}")
    if enrolment.cost is not None:
        for line in _lines(enrolment.cost):
            say(line)
    say(f"written: {enrolment.file}")


def _lines(cost: "Cost") -> Iterator[str]:
    from sightline.core.percent import percent

    low, high = cost.difference
    yield f"old classes before  {cost.before}"
    yield f"old classes after   {cost.after}"
    if cost.before.count:
        yield f"difference          {percent(low)} to {percent(high)} with 95 % confidence"
    yield f"new classes         {cost.new}"
