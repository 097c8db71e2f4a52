"""``sightline preflight``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sightline.app.flags import folders_option
from sightline.app.streams import say
from sightline.core.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.line.preflight.data import DataPreflight

SHOWN_EVIDENCE = 5
SOMETHING_IS_WRONG = 1
EXAMPLES = """\b
Examples:
  sightline preflight flowers/ --model basic-cnn
  sightline preflight cifar10-jpeg.zip --model resnet18 --optimizer sgd --out preflight.html"""


@click.command(epilog=EXAMPLES)
@click.argument("words", nargs=-1, metavar="[DATA]")
@click.option("--out", type=click.Path(path_type=Path), metavar="PAGE.html", help="A page with all that was measured.")
@click.option("--model", metavar="NAME", help="A network that `sightline models` lists.")
@click.option("--recipe", metavar="NAME", help="fast (small pictures) or plain.")
@click.option("--epochs", type=int, metavar="N", help="At most so many times over the training part.")
@click.option("--batch-size", type=int, metavar="N", help="Pictures a step.")
@click.option("--optimizer", metavar="NAME", help="One that `sightline techniques optimizers` lists.")
@click.option("--learning-rate", metavar="X", help="Before the schedule; auto measures it by a range test.")
@click.option("--augment", type=float, metavar="X", help="Alter training pictures at random: 0 (off) to 1.")
@folders_option
@click.option("--seed", type=int, metavar="N", help="Decides everything that is left to chance.")
@click.option("--set", "assigned", multiple=True, metavar="KEY=VALUE ...", help="Any setting of `sightline train`.")
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE.toml", help="Settings from a file; DATA too.")
@click.option("--force", is_flag=True, help="Replace a page that is there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--download", is_flag=True, help="Fetch a known data set that is missing.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def command(
    words: tuple[str, ...],
    out: Path | None,
    assigned: tuple[str, ...],
    config: Path | None,
    *,
    force: bool,
    as_json: bool,
    download: bool,
    quiet: bool,
    **flags: Any,
) -> int:
    """Say what is wrong with a training on DATA before it costs anything; nothing is trained or written.

    Takes what `sightline train` takes, and asks of network, loss, pictures and steps whether they can learn: in less
    time than an epoch takes on the whole of a set. `train` makes the same checks, as far as a twentieth of its time
    pays them (--set preflight=all makes all, preflight=none leaves them out).

    The status is 1 when something was found that is more than a note, else 0.
    """
    from sightline.app.api.preflight import preflight
    from sightline.app.arguments import arguments_of
    from sightline.app.progress import narrator_of
    from sightline.core.json_values import json_line
    from sightline.line.output_place import require_new_file, require_output_place

    arguments = arguments_of(words, assigned=assigned, config=config, flags=flags, verb="preflight")
    if out is not None:
        require_new_file(out, kind="HTML", example="preflight.html", force=force)
        require_output_place(out, data=arguments.data)
    looked_at = preflight(
        arguments.data,
        download=download,
        narrator=narrator_of(quiet=quiet),
        file=arguments.file,
        **arguments.named,
    )
    if out is not None:
        from sightline.core.storage import write_whole

        write_whole(out, looked_at.html())
    is_grave = any(finding.severity is not Severity.NOTE for finding in looked_at.findings)
    status = SOMETHING_IS_WRONG if is_grave else 0
    if as_json:
        say(json_line(looked_at.as_json()))
        return status
    for line in _lines(looked_at):
        say(line)
    if out is not None:
        say(f"page: {out}")
    return status


def _lines(looked_at: "DataPreflight") -> "Iterator[str]":
    from sightline.app.findings import finding_lines
    from sightline.training.preflight.checks import CHECKS

    yield looked_at.title
    for name, seen in looked_at.checks.measured.items():
        sign = "!" if seen.findings else " "
        yield f"{sign} {name:<16} {CHECKS[name].question}"
        yield f"  {'':<16}   {seen.line}"
    for name in looked_at.checks.left_out:
        yield f"- {name:<16} left out"
    for finding in looked_at.findings:
        yield ""
        yield from finding_lines(finding, SHOWN_EVIDENCE)
    yield ""
    grave = sum(finding.severity is not Severity.NOTE for finding in looked_at.findings)
    yield (
        f"{grave} finding{'' if grave == 1 else 's'} to look at" if grave else "nothing stands out: ready for training"
    )
