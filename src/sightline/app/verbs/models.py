"""``sightline models``."""

import click

from sightline.app.streams import say

EXAMPLES = """\b
Examples:
  sightline models
  sightline models --references"""


@click.command(epilog=EXAMPLES)
@click.option("--references", is_flag=True, help="Also say where each comes from, and what small pictures change.")
def command(*, references: bool) -> None:
    """List the models of every kind, networks and classical pipelines, a line each."""
    from sightline.line.methods import METHODS, models

    width = max(map(len, models()))
    for number, method in enumerate(METHODS.values()):
        say(("\n" if number else "") + (method.heading or method.phrase))
        for name in method.models:
            line, *further = method.lines(name)
            say(f"  {name:<{width}}  {line}")
            for more in further if references else ():
                say(f"  {'':<{width}}  {more}")
