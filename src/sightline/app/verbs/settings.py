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
    """List the tables of a training's settings, or every setting of one TABLE with its default, or one setting.

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
    name = table.replace("-", "_")
    if name in SETTINGS and name not in TABLES:
        within = SETTINGS[name].table
        _list(f"a setting of the table {within} (`sightline settings {within}`)", [name])
        return
    _require_no_setting(table)
    meaning = choose(table, TABLES, kind="table of settings").meaning
    _list(f"{table} ({meaning})", [each for each in SETTINGS if SETTINGS[each].table == table and each != "data"])


def _require_no_setting(word: str) -> None:
    """Raise if a word that is no table is nearly a setting.

    Raises:
        SettingsError: It is; the error names the setting, and the table that it lies in.
    """
    from sightline.core.choose import nearest
    from sightline.core.errors import SettingsError
    from sightline.line.settings.tables import SETTINGS, TABLES

    if nearest(word, TABLES, kind="table of settings"):
        return
    setting = nearest(word, SETTINGS, kind="setting")
    if setting in SETTINGS:
        raise SettingsError(
            f"there is no table of settings named {word!r}",
            hint=f"did you mean the setting {setting!r}? It lies in the table {SETTINGS[setting].table}: "
            f"sightline settings {SETTINGS[setting].table}",
        )


def _list(heading: str, names: list[str]) -> None:
    from sightline.line.settings.tables import SETTINGS

    rows = [(f"{name} = {_shown(SETTINGS[name].default)}", SETTINGS[name].rule.meaning) for name in names]
    formatter = click.HelpFormatter(max_width=120)
    with formatter.section(heading):
        formatter.write_dl(rows, col_max=36)
    say(formatter.getvalue().removesuffix("\n"))


def _shown(default: object) -> str:
    return ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
