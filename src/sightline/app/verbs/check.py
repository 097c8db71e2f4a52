"""``sightline check``."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from sightline.app.flags import accept_option, folders_option
from sightline.app.streams import say
from sightline.core.findings import Finding, Severity
from sightline.core.text import MOST_SIGNS, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sightline.data.copies.alike import Alike
    from sightline.data.layout import Folders
    from sightline.line.health.checkup import Checkup

MUST_BE_MENDED = 1
SHOWN = {Severity.ERROR: 20, Severity.WARNING: 20, Severity.NOTE: 5}
"""Lines of evidence of each finding."""
EXAMPLES = """\b
Examples:
  sightline check flowers/ --report check.html
  sightline check photos/ --base auto --copies copies.csv"""


@click.command(epilog=EXAMPLES)
@click.argument("data")
@accept_option
@click.option("--base", default="", metavar="NAME",
              help="Also look through a base, by its name or auto, for shots of one scene, odd pictures.")  # fmt: skip
@folders_option
@click.option("--all", "show_all", is_flag=True, help="List every file of every finding.")
@click.option("--copies", type=click.Path(), metavar="FILE", help="Write the near copies, ranked, to a CSV file.")
@click.option("--download", is_flag=True, help="Fetch a known data set that is missing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with every file of every finding.")
@click.option("--like", type=click.Path(), metavar="PICTURE", help="Say only which pictures are most like this one.")
@click.option("--report", type=click.Path(), metavar="PAGE.html", help="Show it all as one page with pictures.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def command(
    data: str,
    accept: tuple[str, ...],
    *,
    base: str,
    copies: str | None,
    show_all: bool,
    folders: "Folders | None",
    download: bool,
    as_json: bool,
    like: str | None,
    report: str | None,
    quiet: bool,
) -> int:
    """Say what is wrong with DATA, all at once.

    DATA is a folder of class folders, the same below train/, val/ and test/, a CSV file
    (path,label[,group][,split]), a zip of either, or a known name: digits, cifar10, cifar100, mnist,
    fashion-mnist (cifar10:FOLDER names the folder of its original files).

    Every picture is read and decoded once. The status is 1 when something must be mended before
    training, else 0.
    """
    from sightline.app.api.check import check
    from sightline.app.findings import finding_lines
    from sightline.app.progress import narrator_of
    from sightline.core.choose import require_extra
    from sightline.core.json_values import json_line
    from sightline.line.health.checkup import require_places

    if report is not None:
        require_extra("jinja2", extra="train", purpose="the page of a check")
    require_places(data, copies=copies, report=report)
    checkup = check(
        data, accept=accept, folders=folders or "auto", download=download, base=base, narrator=narrator_of(quiet=quiet)
    )
    if copies is not None:
        checkup.write_copies(copies)
    if report is not None:
        checkup.write_report(report)
    if like is not None:
        alike = checkup.like(like)
        say(json_line({"like": like, "pictures": [*map(asdict, alike)]}) if as_json else _like_lines(alike))
        return 0
    status = MUST_BE_MENDED if checkup.errors else 0
    if as_json:
        say(json_line(checkup.as_json()))
        return status
    catalog = checkup.catalog
    pictures, classes = len(catalog), len(catalog.classes)
    counted = f"{pictures:,} picture{'s' * (pictures != 1)} of {classes:,} class{'es' * (classes != 1)}"
    say(f"{visible(catalog.name)}: {counted}")
    for line in _size_lines(checkup):
        say(line)
    for finding in checkup.findings:
        say()
        lines = len(finding.evidence) if show_all else SHOWN[finding.severity]
        for line in finding_lines(finding, lines, longest=sys.maxsize if show_all else MOST_SIGNS):
            say(line)
    say(f"\n{_conclusion(checkup.findings)}")
    return status


def _like_lines(alike: "tuple[Alike, ...]") -> str:
    return "\n".join(f"{found.distance:.3f}  {visible(found.path)}" for found in alike)


def _size_lines(checkup: "Checkup") -> "Iterator[str]":
    """Yield what size the pictures have, and what a training would read."""
    if not any(checkup.size) or checkup.plan is None:
        return
    width, height = checkup.size
    read = checkup.plan
    model = f", for {read.model}" if read.model else ""
    yield (
        f"of {width}x{height} pixels (median of width and height); `sightline train` reads {read.width}x{read.height}, "
        f"{read.resize}{model}, where nothing is named"
    )


def _conclusion(findings: tuple[Finding, ...]) -> str:
    counts = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    counted = ", ".join(
        f"{count} {severity.value}{'s' if count != 1 else ''}" for severity, count in counts.items() if count
    )
    if counts[Severity.ERROR]:
        return f"{counted}: mend the errors before training"
    return f"{counted or 'nothing to mend'}: ready for training"
