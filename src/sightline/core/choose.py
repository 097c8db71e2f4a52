"""The one place where a name becomes an object."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib.util import find_spec
from typing import TypeVar

from sightline.core.errors import MissingExtraError, SettingsError

Thing = TypeVar("Thing")


def choose(name: str, table: Mapping[str, Thing], *, kind: str) -> Thing:
    """Return the entry of a table, or say which names are near.

    Args:
        name: The name as the user wrote it.
        kind: What the table holds, for the message, such as ``"model"``.

    Raises:
        SettingsError: The name is not in the table.

    Example:
        >>> choose("sdg", {"sgd": 1, "adam": 2}, kind="optimizer")
        Traceback (most recent call last):
        ...
        sightline.core.errors.SettingsError: there is no optimizer named 'sdg'
        did you mean 'sgd'? There are: sgd, adam
    """
    if name in table:
        return table[name]
    near = get_close_matches(name.lower(), table, n=1, cutoff=0.5)
    guess = f"did you mean {near[0]!r}? " if near else ""
    raise SettingsError(
        f"there is no {kind} named {name!r}",
        hint=f"{guess}There are: {', '.join(table)}",
    )


def require_extra(*packages: str, extra: str, purpose: str) -> None:
    """Raise with the one command that installs an extra if a package of it is missing; nothing is imported.

    Args:
        packages: Names as they are imported, such as ``"torch"``.
        extra: The extra of sightline that installs them, such as ``"train"``.
        purpose: The command or action that needs them, such as ``"sightline train"``.

    Raises:
        MissingExtraError: A package is not installed.
    """
    for package in packages:
        if not _is_installed(package):
            raise MissingExtraError(
                f"{purpose} needs {package}, which is not installed here",
                hint=f"install it with: pip install 'sightline[{extra}]'",
            )


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ImportError:
        return False
