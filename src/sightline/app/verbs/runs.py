"""``sightline runs``."""

from pathlib import Path

import click

from sightline.app.streams import say

EXAMPLES = """\b
Examples:
  sightline runs .
  sightline runs experiments/ --json"""


@click.command(epilog=EXAMPLES)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(folder: Path, *, as_json: bool) -> None:
    """List the runs in FOLDER: figures with their intervals, times, and what differs in their settings."""
    from sightline.app.api.runs import runs
    from sightline.core.json_values import json_line
    from sightline.line.comparison.runs import runs_lines

    rows = runs(folder)
    if as_json:
        say(json_line({"runs": [row.as_json() for row in rows]}))
        return
    for line in runs_lines(rows):
        say(line)
