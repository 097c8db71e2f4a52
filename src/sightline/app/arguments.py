"""From the words of a command line to DATA and the values of settings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightline.core.errors import SettingsError
from sightline.line.settings import assignments, read_config


def data_and_values(
    words: tuple[str, ...], *, assigned: tuple[str, ...], config: Path | None, named: Mapping[str, Any], verb: str
) -> tuple[str, dict[str, Any]]:
    """Return DATA and the settings that a command line names; a flag wins over ``--set``, and that over the file.

    Args:
        words: DATA, among further ``key=value`` words that may follow ``--set``.
        assigned: The ``key=value`` right after each ``--set``.
        config: A TOML file of settings, such as another run's ``settings.toml``.
        named: Flags with their values; None for a flag that is not there.
        verb: Whose help the error names.

    Raises:
        SettingsError: There is not one DATA, the file can't be read, or a word has no ``=``.
    """
    more = tuple(word for word in words if "=" in word and not Path(word).exists())
    rest = [word for word in words if word not in more]
    if len(rest) != 1:
        raise SettingsError(f"expected one DATA; got {' '.join(words)}", hint=f"see `sightline {verb} --help`")
    values = {
        **(read_config(config) if config else {}),
        **assignments((*assigned, *more)),
        **{name: value for name, value in named.items() if value is not None},
    }
    values.pop("data", None)
    return rest[0], values
