"""``sightline models``."""

import click

EXAMPLES = """\b
Examples:
  sightline models
  sightline models --references"""


@click.command(epilog=EXAMPLES)
@click.option("--references", is_flag=True, help="Also say where each comes from, and what small pictures change.")
def command(*, references: bool) -> None:
    """List the networks and the classical pipelines, a line each."""
    from sightline.line.methods import METHODS, models

    width = max(map(len, models()))
    for number, method in enumerate(METHODS.values()):
        click.echo(("\n" if number else "") + method.heading)
        for name, entry in method.models.items():
            least = method.smallest(name)
            size = f", from {least}x{least} pixels" if least > 1 else ""
            more = (entry.reference, method.change_for_small(name)) if references else ()
            for lead, line in ((name, f"{entry.line}{size}"), *(("", text) for text in more if text)):
                click.echo(f"  {lead:<{width}}  {line}")
