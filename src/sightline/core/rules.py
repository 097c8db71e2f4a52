"""The rule of a setting: how text becomes its value, and which values are allowed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf
from operator import index
from typing import Any

from sightline.core.choose import choose
from sightline.core.errors import SettingsError

AUTO = "auto"
LARGEST_WHOLE = 2**31 - 1
"""Of whole numbers whose rule sets no other limit: counts and sizes beyond it are slips, and libraries overflow."""
KINDS = {int: "a whole number", float: "a number", str: "text", tuple: "a list, as in 256,128"}


@dataclass(frozen=True)
class Rule:
    """The rule of one setting.

    Args:
        kind: ``int``, ``float``, ``str``, or ``tuple`` for a list of `item`.
        meaning: What the setting does, in one line, for ``--help`` and ``settings.toml``.
        names: All values that are allowed, or that a list may hold; empty where any value is.
        least: The smallest number allowed, alone or in a list.
        most: The largest number allowed, alone or in a list.
        open_ends: Whether `least` and `most` themselves are refused; infinity always is.
        auto: Whether the text ``auto`` may stand for the value.
        item: ``int``, ``float`` or ``str``, for a list.
        count: The fewest and the most items of a list.
    """

    kind: type
    meaning: str
    names: tuple[str, ...] = ()
    least: float = -inf
    most: float = inf
    open_ends: tuple[bool, bool] = (False, False)
    auto: bool = False
    item: type = str
    count: tuple[int, float] = (0, inf)

    def typed(self, name: str, value: Any) -> Any:
        """Return a value, or text as after ``--set``, as the setting's kind.

        Raises:
            SettingsError: It can't be read so.
        """
        if self._is_auto(value):
            return AUTO
        if self.kind is tuple:
            return self._items(name, value)
        if isinstance(value, bool):
            raise self._wrong_kind(name, value)
        # A number that is not whole becomes none by being cut off, whichever type it has.
        convert: Callable[[Any], Any] = index if self.kind is int and not isinstance(value, str) else self.kind
        try:
            return convert(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise self._wrong_kind(name, value) from error

    def check(self, name: str, value: Any) -> None:
        """Raise if a value is of another kind than the setting's, or is not allowed.

        Raises:
            SettingsError: It is.
        """
        if self._is_auto(value):
            return
        items = value if self.kind is tuple and isinstance(value, tuple) else (value,)
        kind = self.item if self.kind is tuple else self.kind
        if isinstance(value, tuple) != (self.kind is tuple) or not all(_is_of(kind, item) for item in items):
            raise self._wrong_kind(name, value)
        if self.names:
            for item in items:
                choose(item, dict.fromkeys(self.names), kind=name)
        if self.kind is tuple and not self.count[0] <= len(items) <= self.count[1]:
            shown = f"{name} = {value!r}" if items else f"{name} is empty"
            raise SettingsError(shown, hint=f"expected {self.expected}")
        if kind in (int, float) and not all(map(self._within, items)):
            raise SettingsError(f"{name} = {value!r}", hint=f"expected {self.expected}")
        if kind is int and self.most == inf and any(abs(item) > LARGEST_WHOLE for item in items):
            raise SettingsError(f"{name} = {value!r}", hint=f"expected no number above {LARGEST_WHOLE:,}")

    @property
    def expected(self) -> str:
        """The limits in words, such as ``"0 or more and below 1, or auto"``."""
        words = [
            word
            for limit, word in (
                (self.least, "above {:g}" if self.open_ends[0] else "{:g} or more"),
                (self.most, "below {:g}" if self.open_ends[1] else "at most {:g}"),
            )
            for word in [word.format(limit)]
            if limit not in (inf, -inf)
        ]
        limits = " and ".join(words)
        if self.kind is tuple:
            limits = f"{self._counted_items()}{', each ' if limits else ''}{limits}"
        return limits + (", or auto" if self.auto else "")

    def _is_auto(self, value: Any) -> bool:
        return self.auto and isinstance(value, str) and value == AUTO  # an array would answer for each of its items

    def _counted_items(self) -> str:
        fewest, most = self.count
        what = "names" if self.item is str else "numbers"
        if fewest == most:
            return f"{fewest} {what}"
        return f"{fewest} or more {what}" if most == inf else f"{fewest} to {most:g} {what}"

    def _within(self, value: float) -> bool:
        above = value > self.least if self.open_ends[0] else value >= self.least
        below = value < self.most if self.open_ends[1] or self.most == inf else value <= self.most
        return above and below  # false for NaN

    def _items(self, name: str, value: Any) -> tuple[Any, ...]:
        texts: Iterable[Any] = value.split(",") if isinstance(value, str) else value
        try:
            return tuple(self.item(str(item)) for item in texts if item != "")
        except (TypeError, ValueError) as error:
            raise self._wrong_kind(name, value) from error

    def _wrong_kind(self, name: str, value: Any) -> SettingsError:
        return SettingsError(
            f"{name} = {value!r}", hint=f"expected {KINDS[self.kind]}{', or auto' if self.auto else ''}"
        )


def _is_of(kind: type, value: Any) -> bool:
    """Return whether a value is of a kind; whole numbers are numbers too, truth values are not."""
    return isinstance(value, int | float if kind is float else kind) and not isinstance(value, bool)
