"""``sightline forget``."""

from pathlib import Path

import click

from sightline.app.verbs.enroll import show

EXAMPLES = """\b
Examples:
  sightline forget run tulip
  sightline forget with-tulips.sightline tulip --out without.sightline"""


@click.command(epilog=EXAMPLES)
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("name")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write there and leave MODEL as it is.")
@click.option("--check", metavar="DATA", help="Labelled pictures to measure on, before and after.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def command(model: Path, name: str, *, out: Path | None, check: str | None, as_json: bool, quiet: bool) -> None:
    """Take the enrolled class NAME out of MODEL, a model.sightline file or a run's folder.

    What was learnt in a training can't be forgotten so. Where NAME was the only class that was enrolled into a
    classifier, the file is what its training wrote, bit for bit.
    """
    from sightline.app.api.enroll import forget
    from sightline.app.progress import narrator_of

    show(forget(model, name, out=out, check=check, narrator=narrator_of(quiet=quiet)), as_json=as_json)
