"""``sightline techniques``."""

import click

from sightline.app.streams import say

EXAMPLES = """\b
Examples:
  sightline techniques optimizers --references
  sightline techniques mixup"""


@click.command(epilog=EXAMPLES)
@click.argument("name", required=False, metavar="[FAMILY-or-TECHNIQUE]")
@click.option("--references", is_flag=True, help="Also say where each comes from.")
def command(name: str | None, *, references: bool) -> None:
    """List what a training can be told, a line each: all, one FAMILY such as optimizers, or one such as mixup.

    In front of each is what to write after --set, or in a line of a TOML file.
    """
    from sightline.app.techniques import FAMILIES, techniques_named

    chosen = FAMILIES if name is None else techniques_named(name)
    is_family = name is None or name in FAMILIES
    width = max(len(technique.assignment) for techniques in chosen.values() for technique in techniques)
    for number, (family, techniques) in enumerate(chosen.items()):
        say(("\n" if number else "") + family)
        for technique in techniques:
            say(f"  {technique.assignment:<{width}}  {technique.line}")
            if references or not is_family:
                say(f"  {'':<{width}}  {technique.reference}")
