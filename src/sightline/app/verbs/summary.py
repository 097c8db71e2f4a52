"""``sightline summary``."""

import click

EXAMPLES = """\b
Examples:
  sightline summary basic-cnn
  sightline summary mlp --input 28x28x1 --set hidden=128,64"""
LARGEST_SIDE = 4096


@click.command(epilog=EXAMPLES)
@click.argument("name")
@click.option("--input", "size", default="32x32x3", show_default=True, metavar="HxWxC", help="The input's shape.")
@click.option(
    "--classes", type=click.IntRange(2), default=10, show_default=True, metavar="N", help="Number of classes."
)
@click.option("--set", "assigned", multiple=True, metavar="KEY=VALUE", help="A setting of the network, such as hidden.")
def command(name: str, size: str, classes: int, assigned: tuple[str, ...]) -> None:
    """Show a network's layers, output shapes and parameters; nothing is computed."""
    from sightline.core.choose import choose, require_extra
    from sightline.models import MODELS

    choose(name, MODELS, kind="model")
    shape = _shape(size)
    require_extra("torch", extra="train", purpose="sightline summary")
    from sightline.app.settings import assignments, settings_of
    from sightline.models.summary import summarise

    settings = settings_of({"model": name, **assignments(assigned)})
    rows = [("layer", "kind", "output", "parameters"), ("input", "", "x".join(map(str, shape)), "")]
    layers = summarise(name, shape, classes, settings.model_options())
    rows += [(layer.name, layer.kind, _spatial(layer.shape), f"{layer.parameters:,}") for layer in layers]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        click.echo(
            "  ".join(
                (
                    *(text.ljust(width) for text, width in zip(row[:3], widths, strict=False)),
                    row[3].rjust(widths[3]),
                )
            )
        )
    click.echo(f"{sum(layer.parameters for layer in layers):,} parameters")


def _spatial(shape: tuple[int, ...]) -> str:
    """Return (C, H, W) as HxWxC, as the input is written."""
    return "x".join(map(str, (*shape[1:], shape[0])))


def _shape(text: str) -> tuple[int, int, int]:
    from sightline.core.errors import SettingsError

    sides = text.lower().split("x")
    if len(sides) != 3 or not all(side.isdecimal() and 0 < int(side) <= LARGEST_SIDE for side in sides):  # noqa: PLR2004
        raise SettingsError(f"--input {text} is no height x width x channels", hint="for example: --input 32x32x3")
    height, width, channels = map(int, sides)
    return height, width, channels
