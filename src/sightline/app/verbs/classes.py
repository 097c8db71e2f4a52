"""``sightline classes``."""

import click

from sightline.app.streams import say

EXAMPLES = """\b
Examples:
  sightline classes run
  sightline classes model.sightline --json"""


@click.command(epilog=EXAMPLES)
@click.argument("model")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(model: str, *, as_json: bool) -> None:
    """List the classes that MODEL knows, and by how many pictures each was enrolled, if it was."""
    from sightline.app.api.enroll import classes
    from sightline.core.json_values import json_line
    from sightline.core.text import printable

    counts = classes(model)
    if as_json:
        say(json_line(counts))
        return
    for name, count in counts.items():
        how = f"enrolled by {count:,} picture{'' if count == 1 else 's'}" if count else "learnt"
        say(f"{printable(name)}  {how}")
