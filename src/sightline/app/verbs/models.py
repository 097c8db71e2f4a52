"""``sightline models``."""

from typing import TYPE_CHECKING

import click

from sightline.core.percent import percent

if TYPE_CHECKING:
    from sightline.models.bases.table import Base

EXAMPLES = """\b
Examples:
  sightline models
  sightline models --references"""


@click.command(epilog=EXAMPLES)
@click.option("--references", is_flag=True, help="Also say where each comes from, and what small pictures change.")
def command(*, references: bool) -> None:
    """List the models of every kind, and the bases that transfer learning begins with, a line each."""
    from sightline.line.methods import METHODS, models
    from sightline.models.bases.table import BASES

    width = max(map(len, models()))
    for number, method in enumerate(METHODS.values()):
        click.echo(("\n" if number else "") + (method.heading or method.phrase))
        for name in method.models:
            line, *further = method.lines(name)
            click.echo(f"  {name:<{width}}  {line}")
            for more in further if references else ():
                click.echo(f"  {'':<{width}}  {more}")
    click.echo("\nbases for transfer, as in --base efficientnet-lite0")
    for base in BASES.values():
        click.echo(f"  {base.name:<{width}}  {_words(base)}")
        for more in (base.source, f"licence {base.licence}") if references else ():
            click.echo(f"  {'':<{width}}  {more}")


def _words(base: "Base") -> str:
    """Return what a base reads, how good it is, and whether it is at hand."""
    from sightline.data.cache_folder import bases_folder
    from sightline.models.bases.files import weights_at_hand

    is_here = weights_at_hand(base, folder=bases_folder()) is not None
    state = "at hand" if is_here else base.command if base.package else "train with --download"
    return f"{base.size} pixels, {percent(base.top1)} on ImageNet; {state}"
