"""From the words of a command line to DATA and the values of settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightline.core.errors import SettingsError
from sightline.line.settings.toml import read_settings


@dataclass(frozen=True)
class Arguments:
    """What a command line says of a data set and of settings.

    Args:
        data: DATA as it was typed.
        named: Settings by name, from flags and ``--set``; a flag wins.
        file: Settings by name, from ``--config``.
    """

    data: str
    named: dict[str, Any]
    file: dict[str, Any]


def arguments_of(
    words: tuple[str, ...], *, assigned: tuple[str, ...], config: Path | None, flags: Mapping[str, Any], verb: str
) -> Arguments:
    """Return DATA and the settings that a command line names.

    Args:
        words: DATA, among further ``key=value`` words that may follow ``--set``; without it the file's data is meant.
        assigned: The ``key=value`` right after each ``--set``.
        config: A TOML file of settings, such as another run's ``settings.toml``.
        flags: Values by their settings' names; None for a flag that is not there.
        verb: Whose help the error names.

    Raises:
        SettingsError: There is not one DATA, the file can't be read, or a word has no ``=``.
    """
    more = tuple(word for word in words if "=" in word and not Path(word).exists())
    rest = [word for word in words if word not in more]
    file = read_settings(config) if config else {}
    if not rest and file.get("data"):
        rest = [str(file["data"])]
    if len(rest) != 1:
        found = f"got {' '.join(words)}" if words else "got none"
        raise SettingsError(f"expected one DATA; {found}", hint=f"see `sightline {verb} --help`")
    named = assignments((*assigned, *more)) | {name: value for name, value in flags.items() if value is not None}
    named.pop("data", None)
    return Arguments(rest[0], named, {name: value for name, value in file.items() if name != "data"})


def assignments(texts: tuple[str, ...]) -> dict[str, Any]:
    """Split ``key=value`` texts.

    Raises:
        SettingsError: A text has no ``=``.

    Example:
        >>> assignments(("epochs=3", "data.resize=pad"))
        {'epochs': '3', 'data.resize': 'pad'}
    """
    for text in texts:
        if "=" not in text:
            raise SettingsError(f"--set takes key=value; got {text!r}", hint="for example: --set patience=5")
    return {key.strip().replace("-", "_"): value.strip() for key, value in (text.split("=", 1) for text in texts)}
