"""``sightline techniques``."""

import click

EXAMPLES = """\b
Examples:
  sightline techniques
  sightline techniques optimizers --references"""


@click.command(epilog=EXAMPLES)
@click.argument("family", required=False)
@click.option("--references", is_flag=True, help="Also say where each comes from.")
def command(family: str | None, *, references: bool) -> None:
    """List what a training can be told, a line each: all, or one FAMILY such as optimizers.

    In front of each is what to write after --set, or in a line of a TOML file.
    """
    from sightline.app.techniques import FAMILIES
    from sightline.core.choose import choose

    chosen = FAMILIES if family is None else {family: choose(family, FAMILIES, kind="family of techniques")}
    width = max(len(technique.assignment) for techniques in chosen.values() for technique in techniques)
    for number, (name, techniques) in enumerate(chosen.items()):
        click.echo(("\n" if number else "") + name)
        for technique in techniques:
            click.echo(f"  {technique.assignment:<{width}}  {technique.line}")
            if references:
                click.echo(f"  {'':<{width}}  {technique.reference}")
