"""Settings as TOML: ``settings.toml`` of a run, and files that users write."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightline.core.errors import SettingsError
from sightline.core.regular import text_of
from sightline.line.settings.tables import SETTINGS, TABLES
from sightline.line.settings.values import Settings


def settings_toml(settings: Settings) -> str:
    """Return the text of ``settings.toml``: every setting in its table, with its meaning."""
    lines = []
    for table, joined in TABLES.items():
        lines += [f"[{table}]  # {joined.meaning}"]
        lines += [
            f"{name} = {_value(settings[name])}  # {setting.rule.meaning}"
            for name, setting in SETTINGS.items()
            if setting.table == table
        ]
        lines += [""]
    return "\n".join(lines)


def read_settings(path: Path) -> dict[str, Any]:
    """Read settings from a TOML file, such as another run's ``settings.toml``.

    Returns:
        Values by name. Settings may stand in their tables, or in front of all tables by their names alone.

    Raises:
        SettingsError: The file is missing or no TOML.
    """
    try:
        return flat(tomllib.loads(text_of(path)))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"{path} can't be read as TOML: {error}", hint="write lines such as: epochs = 10"
        ) from error


def flat(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a TOML document by their names; nothing of the document is lost.

    The table's name stays in front where the setting is another table's, or where it also stands in front of all
    tables. A table that there is not stands under its name.

    Example:
        >>> flat({"epochs": 3, "network": {"dropout": 0.2, "epochs": 1}, "steps": {"epochs": 4}})
        {'epochs': 3, 'dropout': 0.2, 'network.epochs': 1, 'steps.epochs': 4}
    """
    values = {name: value for name, value in document.items() if not isinstance(value, dict)}
    for table, entries in document.items():
        if isinstance(entries, dict):
            own = {name for name, setting in SETTINGS.items() if setting.table == table} - values.keys()
            values |= {name if name in own else f"{table}.{name}": value for name, value in entries.items()}
            if not entries and table not in TABLES:
                values[table] = entries
    return values


def _value(value: object) -> str:
    if value is None:
        return '"auto"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        # JSON takes DEL as it is, TOML does not.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value)
