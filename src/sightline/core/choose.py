"""The one place where a name becomes an object."""

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import TypeVar

from sightline.core.errors import MissingExtraError, SettingsError
from sightline.core.text import listed

Thing = TypeVar("Thing")
LIKENESS = 0.7
"""How alike two names must be, 0 to 1, for one to be taken for a slip of the other."""
MOST_MISSING = 2
"""A name may lack so many letters, or a third of them, and be taken for a slip of another."""
LEAST_PART = 3
"""Letters of a part of a name that may stand for it."""


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
    if not isinstance(name, str):
        raise SettingsError(f"the {kind} is {name!r}; expected a name", hint=_hint("", list(table), kind))
    if name in table:
        return table[name]
    raise SettingsError(f"there is no {kind} named {name!r}", hint=_hint(name, list(table), kind))


def nearest(name: str, names: Iterable[str], *, kind: str = "") -> str:
    """Return what was meant: by meaning, else by letters; ``""`` where any guess would be far-fetched.

    Args:
        name: The name as the user wrote it.
        names: Those that there are.
        kind: What they are, whose row of `SYNONYMS` is asked first.

    Returns:
        One of the names, or the sentence which `SYNONYMS` has in the place of one.

    Example:
        >>> nearest("lr", ["blur", "learning_rate"], kind="setting"), nearest("lr", ["blur"])
        ('learning_rate', '')
        >>> nearest("smoothing", ["label_smoothing"]), nearest("epoch", ["epochs"])
        ('label_smoothing', 'epochs')
    """
    from difflib import get_close_matches  # only for who has made a slip

    from sightline.core.synonyms import SYNONYMS

    plain = {_plain(one): one for one in names}
    written = _plain(name)
    meant = SYNONYMS.get(kind, {}).get(written, "")
    if meant in plain.values() or " " in meant:
        return meant
    if written in plain:
        return plain[written]
    parts = [one for one in plain if len(written) >= LEAST_PART and (one.startswith(written) or written in _words(one))]
    if len(parts) == 1:
        return plain[parts[0]]
    turned = [one for one in plain if sorted(one) == sorted(written)]
    slips = [one for one in plain if len(written) >= LEAST_PART and _is_one_letter_off(written, one)]
    alike = [one for one in plain if abs(len(one) - len(written)) <= max(MOST_MISSING, len(one) // 3)]
    near = turned or slips or get_close_matches(written, alike, n=1, cutoff=LIKENESS)
    return plain[near[0]] if near else ""


def _is_one_letter_off(one: str, other: str) -> bool:
    """Return whether one letter was left out, added or mistaken, the first one apart, which is rarely wrong."""
    if one[:1] != other[:1] or abs(len(one) - len(other)) > 1:
        return False
    same = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    if same is None:
        return True
    ends = [(1, 1)] if len(one) == len(other) else [(1, 0)] if len(one) > len(other) else [(0, 1)]
    return any(one[same + skipped :] == other[same + passed :] for skipped, passed in ends)


def _hint(name: str, names: list[str], kind: str) -> str:
    from sightline.core.synonyms import LISTED_BY

    meant = nearest(name, names, kind=kind)
    if " " in meant:
        return meant
    guess = f"did you mean {meant!r}?" if meant else ""
    if kind in LISTED_BY:
        return guess or LISTED_BY[kind]
    return f"{guess} There are: {listed(names)}".strip()


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def _words(name: str) -> list[str]:
    return name.split("_")


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
