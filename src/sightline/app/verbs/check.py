"""``sightline check``."""

import click

from sightline.core.findings import Finding, Severity, errors_among

MUST_BE_MENDED = 1
EXAMPLES = """\b
Examples:
  sightline check flowers/
  sightline check cifar10-jpeg.zip --all"""


@click.command(epilog=EXAMPLES)
@click.argument("data")
@click.option("--accept", multiple=True, metavar="CODE", help="Take the errors with this code as they are.")
@click.option("--all", "show_all", is_flag=True, help="List every file of every finding.")
@click.option("--download", is_flag=True, help="Fetch a known data set that is missing.")
def command(data: str, accept: tuple[str, ...], *, show_all: bool, download: bool) -> int:
    """Say what is wrong with DATA, all at once.

    DATA is a folder of class folders, the same below train/, val/ and test/, a CSV file
    (path,label[,group][,split]), a zip of either, or a known name: digits, cifar10, cifar100, mnist,
    fashion-mnist (cifar10:FOLDER names the folder of its original files).

    Every picture is read and decoded once. The status is 1 when something must be mended before
    training, else 0.
    """
    from sightline.app.terminal import Terminal, evidence_lines
    from sightline.data.checks import check
    from sightline.data.opening import open_catalog
    from sightline.data.survey import survey

    catalog = open_catalog(data, download=download)
    with Terminal().counting("reading pictures", len(catalog)) as advance:
        seen = survey(catalog, advance=advance)
    findings = check(seen, accept=accept)
    click.echo(f"{catalog.name}: {len(catalog):,} pictures of {len(catalog.classes):,} classes")
    for finding in findings:
        most = len(finding.evidence) if show_all else SHOWN[finding.severity]
        click.echo(f"\n{finding.severity.value} [{finding.code}] {finding.symptom}")
        for line in evidence_lines(finding, most):
            click.echo(f"    {line}")
        click.echo(f"  -> {finding.advice}")
    click.echo(f"\n{_conclusion(findings)}")
    return MUST_BE_MENDED if errors_among(findings) else 0


SHOWN = {Severity.ERROR: 20, Severity.WARNING: 20, Severity.NOTE: 5}


def _conclusion(findings: tuple[Finding, ...]) -> str:
    counts = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    told = ", ".join(
        f"{count} {severity.value}{'s' if count != 1 else ''}" for severity, count in counts.items() if count
    )
    if counts[Severity.ERROR]:
        return f"{told}: mend the errors before training"
    return f"{told or 'nothing to mend'}: ready for training"
