"""``sightline export``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sightline.app.flags import folders_option
from sightline.app.streams import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.data.layout import Folders
    from sightline.line.export import Export, Kind, NumberType

EXAMPLES = """\b
Examples:
  sightline export run --to onnx --quantize int8 --data flowers/ --out small.onnx
  sightline export run/model.sightline --to openvino --out flowers.xml"""


@click.command(epilog=EXAMPLES)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--to", required=True, type=click.Choice(["onnx", "openvino"]), help="The kind of file.")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="Where it goes.")
@click.option("--quantize", type=click.Choice(["int8"]), help="Compute in eight bits: smaller, often faster.")
@click.option("--data", metavar="DATA", help="Labelled pictures to calibrate and to compare on.")
@folders_option
@click.option("--force", is_flag=True, help="Replace what is there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    model: Path,
    to: "Kind",
    out: Path,
    quantize: "NumberType | None",
    data: str | None,
    *,
    folders: "Folders | None",
    force: bool,
    as_json: bool,
) -> None:
    """Write MODEL, a model.sightline file or a run's folder, for another program.

    What is written takes the same pixels and gives the same probabilities as MODEL; with --data that is
    proved on real pictures, and --quantize learns its ranges from others of them. There is no Core ML:
    its converter reads no ONNX, and its models run on Apple's machines alone.
    """
    from sightline.app.api.export import export

    exported = export(model, to=to, out=out, quantize=quantize, data=data, folders=folders or "auto", force=force)
    if as_json:
        from sightline.core.json_values import json_line

        say(json_line(exported.as_json()))
        return
    for line in _lines(exported, sure=quantize is None):
        say(line)


def _lines(exported: "Export", *, sure: bool) -> "Iterator[str]":
    from sightline.core.percent import percent

    width = max(len(row.name) for row in exported.rows)
    yield f"{'model':<{width}}  {'size':>12}  {'pictures/s':>10}  accuracy"
    for row in exported.rows:
        accuracy = "-" if row.accuracy is None else percent(row.accuracy)
        yield f"{row.name:<{width}}  {row.size_bytes / 1e6:>9.3f} MB  {row.pictures_per_second:>10,.0f}  {accuracy:>8}"
    if exported.proof is None:
        yield "not compared on real pictures: give --data" + ("" if sure else "; ranges are found anew on each picture")
    else:
        proof = exported.proof
        yield (
            f"compared on {proof.count:,} pictures: same class on {proof.same_top1:,}, "
            f"largest difference of a probability {proof.largest_difference:.2g}"
        )
    if exported.overlap is not None and exported.overlap.words:
        yield exported.overlap.words
    for file in exported.files:
        yield f"written: {file}"
