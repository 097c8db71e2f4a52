"""``sightline augment``."""

from pathlib import Path
from typing import Any

import click

from sightline.app.flags import folders_option
from sightline.app.streams import say

SHOWN_EVIDENCE = 5

EXAMPLES = """\b
Examples:
  sightline augment flowers/ --out sheet.png
  sightline augment cifar10-jpeg.zip --out sheet.png --augment 0.5 --set cutmix=1 rotation=0"""


class AugmentCommand(click.Command):
    """A command whose help also lists every change."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the options, then the changes with what strength 1 stands for."""
        from sightline.imaging.augmentation import AUGMENTATIONS

        super().format_options(ctx, formatter)
        with formatter.section("Changes, for --set, with their amount at --augment 1"):
            formatter.write_dl([(f"{name} = {entry.standard:g}", entry.line) for name, entry in AUGMENTATIONS.items()])


@click.command(cls=AugmentCommand, epilog=EXAMPLES)
@click.argument("words", nargs=-1, metavar="[DATA]")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="SHEET.png", help="The sheet.")
@click.option("--augment", type=float, metavar="X", help="Strength, 0 to 1; 1 if no change is named either.")
@click.option("--set", "assigned", multiple=True, metavar="KEY=VALUE ...", help="Any setting of `sightline train`.")
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE.toml", help="Settings from a file; DATA too.")
@folders_option
@click.option("--seed", type=int, metavar="N", help="Decides which pictures, and every change.")
@click.option("--pictures", type=click.IntRange(1, 100), default=8, show_default=True, metavar="N", help="Rows.")
@click.option("--variants", type=click.IntRange(1, 100), default=7, show_default=True, metavar="N", help="Of each.")
@click.option("--force", is_flag=True, help="Replace a sheet that is there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--download", is_flag=True, help="Fetch a known data set that is missing.")
def command(
    words: tuple[str, ...],
    out: Path,
    assigned: tuple[str, ...],
    config: Path | None,
    *,
    pictures: int,
    variants: int,
    force: bool,
    download: bool,
    as_json: bool,
    **flags: Any,
) -> None:
    """Show what the network will see of DATA in training, as a sheet of pictures.

    DATA is what `sightline check` takes. Each row is one picture, as it is and then changed by
    chance, at the size and in the colours of the network's input. Flips and turns that may make
    another class of a picture are warned of.
    """
    from sightline.app.api.augment import augment
    from sightline.app.arguments import arguments_of
    from sightline.app.findings import finding_lines
    from sightline.core.choose import require_extra
    from sightline.core.json_values import json_line
    from sightline.core.storage import write_whole
    from sightline.line.output_place import require_new_file, require_output_place

    require_extra("torch", "matplotlib", extra="train", purpose="sightline augment")
    require_new_file(out, kind="PNG", example="sheet.png", force=force)
    arguments = arguments_of(words, assigned=assigned, config=config, flags=flags, verb="augment")
    require_output_place(out, data=arguments.data)
    sheet = augment(
        arguments.data,
        pictures=pictures,
        variants=variants,
        download=download,
        file=arguments.file,
        **arguments.named,
    )
    write_whole(out, sheet.png())
    if as_json:
        say(json_line({"sheet": str(out), **sheet.as_json()}))
        return
    for finding in sheet.findings:
        for line in finding_lines(finding, SHOWN_EVIDENCE):
            say(line)
    say(sheet.caption)
    say(f"sheet: {out}")
