"""From the words of a command line to DATA and the values of settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightline.core.errors import SettingsError
from sightline.line.settings.tables import bare
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
        flags: Values by their settings' names; None, or no value of several, for a flag that is not there.
        verb: Whose help the error names.

    Raises:
        SettingsError: There is not one DATA, the file can't be read, a word has no ``=``, or names a setting
            that another one names.
    """
    more = tuple(word for word in words if "=" in word and not Path(word).exists())
    rest = [word for word in words if word not in more]
    file = read_settings(config) if config else {}
    if not rest and file.get("data"):
        rest = [str(file["data"])]
    if len(rest) != 1:
        found = f"got {' '.join(words)}" if words else "got none"
        raise SettingsError(f"expected one DATA; {found}", hint=f"see `sightline {verb} --help`")
    flagged = {name: value for name, value in flags.items() if value not in (None, ())}
    named = {name: value for name, value in assignments((*assigned, *more)).items() if bare(name) not in flagged}
    _require_no_data(named, verb)
    return Arguments(rest[0], named | flagged, {name: value for name, value in file.items() if name != "data"})


def _require_no_data(named: Mapping[str, Any], verb: str) -> None:
    for name in named:
        if bare(name) == "data":
            raise SettingsError(
                f"--set {name}={named[name]}; what is learnt from is the word after the verb",
                hint=f"write: sightline {verb} {named[name]}",
            )


def assignments(texts: tuple[str, ...]) -> dict[str, Any]:
    """Split ``key=value`` texts.

    Raises:
        SettingsError: A text has no ``=``, or its key stands there twice.

    Example:
        >>> assignments(("epochs=3", "data.resize=pad"))
        {'epochs': '3', 'data.resize': 'pad'}
    """
    for text in texts:
        if "=" not in text:
            raise SettingsError(f"--set takes key=value; got {text!r}", hint="for example: --set patience=5")
    values = dict[str, str]()
    for key, value in (text.split("=", 1) for text in texts):
        name = key.strip().replace("-", "_")
        if name in values:
            raise SettingsError(
                f"--set names {name} twice, as {values[name]!r} and as {value.strip()!r}", hint="name it once"
            )
        values[name] = value.strip()
    return values
