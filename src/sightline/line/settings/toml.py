"""Settings as TOML: ``settings.toml`` of a run, and files that users write."""

import json
import tomllib
from pathlib import Path
from typing import Any

from sightline.core.errors import SettingsError
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
        return flat(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"{path} can't be read as TOML: {error}", hint="write lines such as: epochs = 10"
        ) from error


def flat(document: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a TOML document by their names, with the table's in front where it is another's.

    Example:
        >>> flat({"epochs": 3, "network": {"dropout": 0.2, "epochs": 1}})
        {'epochs': 3, 'dropout': 0.2, 'network.epochs': 1}
    """
    values: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, dict):
            here = {entry for entry, setting in SETTINGS.items() if setting.table == name}
            values |= {entry if entry in here else f"{name}.{entry}": item for entry, item in value.items()}
        else:
            values[name] = value
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
