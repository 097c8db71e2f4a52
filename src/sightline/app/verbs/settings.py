"""``sightline settings``."""

import click

from sightline.app.streams import say

EXAMPLES = """\b
Examples:
  sightline settings network
  sightline train flowers/ --out run --set dropout=0.2 network.activation=gelu"""


@click.command(epilog=EXAMPLES)
@click.argument("table", required=False)
def command(table: str | None) -> None:
    """List the tables of a training's settings, or every setting of one TABLE with its default.

    A setting is named after --set, in a FILE.toml for --config, or as a keyword of sightline.train.
    Where auto stands, the recipe, the pictures or the clock decide, in this order.
    """
    from sightline.core.choose import choose
    from sightline.line.settings.tables import SETTINGS, TABLES

    if table is None:
        width = max(map(len, TABLES))
        for name, entry in TABLES.items():
            say(f"{name:<{width}}  {entry.meaning}")
        say("\n`sightline settings TABLE` lists the settings of one")
        return
    meaning = choose(table, TABLES, kind="table of settings").meaning
    rows = [
        (f"{name} = {_shown(setting.default)}", setting.rule.meaning)
        for name, setting in SETTINGS.items()
        if setting.table == table and name != "data"
    ]
    formatter = click.HelpFormatter(max_width=120)
    with formatter.section(f"{table}: {meaning}"):
        formatter.write_dl(rows, col_max=36)
    say(formatter.getvalue().removesuffix("\n"))


def _shown(default: object) -> str:
    return ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
