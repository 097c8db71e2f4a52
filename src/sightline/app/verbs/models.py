"""``sightline models``."""

from typing import TYPE_CHECKING

import click

from sightline.app.streams import say
from sightline.core.errors import BundleError

if TYPE_CHECKING:
    from sightline.models.bases.table import Base

EXAMPLES = """\b
Examples:
  sightline models
  sightline models --references"""


@click.command(epilog=EXAMPLES)
@click.option("--references", is_flag=True, help="Also say where each comes from, and what small pictures change.")
def command(*, references: bool) -> None:
    """List the models of every kind, networks and classical pipelines, and the bases, a line each."""
    from sightline.line.methods import METHODS, models
    from sightline.models.bases.table import BASES

    width = max(map(len, (*models(), *BASES)))
    for number, method in enumerate(METHODS.values()):
        say(("\n" if number else "") + (method.heading or method.phrase))
        for name in method.models:
            line, *further = method.lines(name)
            say(f"  {name:<{width}}  {line}")
            for more in further if references else ():
                say(f"  {'':<{width}}  {more}")
    say("\nbases: networks that have learnt to see already, from ImageNet's photos")
    for base in BASES.values():
        say(f"  {base.name:<{width}}  {base_line(base)}")
        for more in (f"{base.source}; {base.licence}", f"SHA-256 {base.digest}") if references else ():
            say(f"  {'':<{width}}  {more}")


def base_line(base: "Base") -> str:
    """Return what a base reads and knows, and how it is found from here."""
    from sightline.data.cache_folder import bases_folder
    from sightline.models.bases.files import weights_at_hand

    try:
        found = "on this machine" if weights_at_hand(base, folder=bases_folder()) else base.found_by
    except BundleError as error:
        found = error.problem
    return f"reads {base.size} pixels, names {100 * base.top1:.1f} % of ImageNet rightly; {found}"
