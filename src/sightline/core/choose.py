"""The one place where a name becomes an object."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import TypeVar

from sightline.core.errors import MissingExtraError, SettingsError

Thing = TypeVar("Thing")


def choose(name: str, table: Mapping[str, Thing], *, kind: str) -> Thing:
    """Return the entry of a table, or say which names are near.

    Args:
        name: What the user wrote.
        table: The family's visible dict.
        kind: What the family is called, for the message: ``"model"``.

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


def require_extra(*modules: str, extra: str, purpose: str) -> None:
    """Import the modules of an extra, or say the one command that installs them.

    Args:
        modules: The modules to import.
        extra: The extra that brings them, such as ``"train"``.
        purpose: What they are needed for, such as ``"sightline train"``.

    Raises:
        MissingExtraError: A module can't be imported.
    """
    for module in modules:
        try:
            import_module(module)
        except ImportError as error:
            raise MissingExtraError(
                f"{purpose} needs {module}, which can't be imported here: {error}",
                hint=f"install it with: pip install 'sightline[{extra}]'",
            ) from error
