"""Settings, declared once: a section is a frozen dataclass beside the objects that it makes, a rule at each field.

Example:
    >>> @dataclass(frozen=True)
    ... class Steps(Section):
    ...     epochs: int = whole("at most so many times over the training part", 20, least=1, auto=True)
    >>> Steps(epochs=3)
    Steps(epochs=3)
"""

from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, field, fields
from math import inf
from typing import Any, Self

from sightline.core.errors import SettingsError
from sightline.core.rules import Rule

SHARE: dict[str, Any] = {"least": 0, "most": 1, "open_ends": (False, True)}
"""Limits of a number from 0 to below 1."""


def text(meaning: str, default: str, *, auto: bool = False) -> Any:
    """Return a field that holds any text."""
    return _field(default, Rule(str, meaning, auto=auto))


def name(meaning: str, names: Iterable[str], default: str, *, auto: bool = False) -> Any:
    """Return a field that holds one of some names.

    Args:
        meaning: What the setting does, in one line; the names are listed behind it.
        names: All values that are allowed.
        default: One of them, or ``"auto"`` where that is a value of its own.
        auto: Whether ``auto`` may stand for "nobody named it", so that something else decides.
    """
    known = tuple(names)
    listed = f"{meaning}: {', '.join(known)}" if meaning else ", ".join(known)
    return _field(default, Rule(str, listed, names=known, auto=auto))


def whole(meaning: str, default: int | None, *, least: float = -inf, most: float = inf, auto: bool = False) -> Any:
    """Return a field that holds a whole number from `least` to `most`."""
    return _field(default, Rule(int, meaning, least=least, most=most, auto=auto))


def number(
    meaning: str,
    default: float | None,
    *,
    least: float = -inf,
    most: float = inf,
    open_ends: tuple[bool, bool] = (False, False),
    auto: bool = False,
) -> Any:
    """Return a field that holds a number from `least` to `most`, strictly between them at ends that are open."""
    return _field(default, Rule(float, meaning, least=least, most=most, open_ends=open_ends, auto=auto))


def items(meaning: str, default: tuple[Any, ...] | None, item: type, *, auto: bool = False, **limits: Any) -> Any:
    """Return a field that holds a tuple of `item`.

    Args:
        meaning: What the setting does, in one line.
        default: The value that holds where nobody names one; None is the object's own.
        item: ``int``, ``float`` or ``str``.
        auto: Whether ``auto`` may stand for "nobody named it".
        limits: Of the items, as `Rule` takes them: `names`, `least`, `most`, `open_ends`, `count`.
    """
    return _field(default, Rule(tuple, meaning, item=item, auto=auto, **limits))


def _field(default: Any, rule: Rule) -> Any:
    return field(default=default, metadata={"rule": rule})


@dataclass(frozen=True)
class Section:
    """Abstract: settings that belong together. A subclass has fields made by the functions above, and nothing else.

    A field's default is what holds where nobody names another value and nothing decides one. None stands for "the
    object's own", such as an optimizer's learning rate.

    Raises:
        SettingsError: With every value that is out of its rule, at once.
    """

    def __post_init__(self) -> None:
        """Check every value that is not the default."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        defaults = {entry.name: entry.default for entry in fields(self)}
        faults = self.faults(
            {
                name: value
                for name, value in values.items()
                if (type(value), value) != (type(defaults[name]), defaults[name])  # False is no 0
            }
        )
        if faults:
            raise SettingsError(
                "; ".join(error.problem for error in faults), hint="; ".join(error.hint for error in faults)
            )

    @classmethod
    def faults(cls, values: Mapping[str, Any]) -> list[SettingsError]:
        """Return what is wrong with some values of this section; a subclass adds what its rules can't say.

        Args:
            values: By the names of fields; those that are not given hold their default, which is always right.
        """
        faults = []
        for entry in fields(cls):
            try:
                if entry.name in values:
                    rule_of(entry).check(entry.name, values[entry.name])
            except SettingsError as error:
                faults.append(error)
        return faults

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """Return the section with those of the values that are its own."""
        return cls(**{entry.name: values[entry.name] for entry in fields(cls) if entry.name in values})

    def as_options(self) -> dict[str, Any]:
        """Return what differs from the defaults, as values that JSON knows."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {
            entry.name: list(values[entry.name]) if isinstance(values[entry.name], tuple) else values[entry.name]
            for entry in fields(self)
            if values[entry.name] != entry.default
        }


def rule_of(entry: Field[Any]) -> Rule:
    """Return the rule of a section's field."""
    rule: Rule = entry.metadata["rule"]
    return rule
