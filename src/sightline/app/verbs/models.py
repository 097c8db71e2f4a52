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
    from sightline.classical.pipelines import PIPELINES
    from sightline.models import MODELS, SMALL

    width = max(map(len, (*MODELS, *PIPELINES)))
    click.echo("networks")
    for name, entry in MODELS.items():
        size = f", from {entry.minimum_size}x{entry.minimum_size} pixels" if entry.minimum_size > 1 else ""
        click.echo(f"  {name:<{width}}  {entry.line}{size}")
        if references:
            click.echo(f"  {'':<{width}}  {entry.reference}")
            if entry.small:
                click.echo(f"  {'':<{width}}  below {SMALL} pixels: {entry.small}")
    click.echo("\nclassical pipelines: no GPU, minutes to fit")
    for name, pipeline in PIPELINES.items():
        click.echo(f"  {name:<{width}}  {pipeline.line}")
        if references:
            click.echo(f"  {'':<{width}}  {pipeline.reference}")
