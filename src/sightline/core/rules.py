"""What one setting may be: how text becomes its value, and what is expected of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf
from typing import Any

from sightline.core.choose import choose
from sightline.core.errors import SettingsError

AUTO = "auto"
KINDS = {int: "a whole number", float: "a number", str: "text", tuple: "a list, as in 256,128"}


@dataclass(frozen=True)
class Rule:
    """The rule of one setting.

    Args:
        kind: What its value is: ``int``, ``float``, ``str``, or a tuple of `item`.
        meaning: In a line.
        section: Which other settings it belongs with.
        names: All that it can be, or that it can be a list of, where it is a name.
        least: The smallest number.
        most: The largest number.
        open_ends: Whether the number lies strictly between them; infinity always does.
        auto: Whether the text ``auto`` may stand for the number.
        item: What a list is made of.
    """

    kind: type
    meaning: str
    section: str = ""
    names: tuple[str, ...] = ()
    least: float = -inf
    most: float = inf
    open_ends: tuple[bool, bool] = (False, False)
    auto: bool = False
    item: type = str

    def typed(self, name: str, value: Any) -> Any:
        """Return a value, or text as after ``--set``, as the setting's kind.

        Raises:
            SettingsError: It can't be read so.
        """
        if self.auto and value == AUTO:
            return AUTO
        if self.kind is tuple:
            return self._items(name, value)
        if isinstance(value, bool) or (self.kind is int and isinstance(value, float)):
            raise self._no_fit(name, value)
        convert: Callable[[Any], Any] = self.kind
        try:
            return convert(value)
        except (TypeError, ValueError) as error:
            raise self._no_fit(name, value) from error

    def check(self, name: str, value: Any) -> None:
        """Raise if a value of the right kind is impossible.

        Raises:
            SettingsError: It is.
        """
        if self.auto and value == AUTO:
            return
        if self.names:
            for item in value if isinstance(value, tuple) else (value,):
                choose(item, dict.fromkeys(self.names), kind=name)
        elif self.kind in (int, float) and not self._within(value):
            raise SettingsError(f"{name} = {value!r}", hint=f"expected {self.expected}")

    @property
    def expected(self) -> str:
        """The limits in words."""
        words = [
            word
            for limit, word in (
                (self.least, "above {:g}" if self.open_ends[0] else "{:g} or more"),
                (self.most, "below {:g}" if self.open_ends[1] else "at most {:g}"),
            )
            for word in [word.format(limit)]
            if limit not in (inf, -inf)
        ]
        return " and ".join(words) + (", or auto" if self.auto else "")

    def _within(self, value: float) -> bool:
        above = value > self.least if self.open_ends[0] else value >= self.least
        below = value < self.most if self.open_ends[1] or self.most == inf else value <= self.most
        return above and below  # false for NaN

    def _items(self, name: str, value: Any) -> tuple[Any, ...]:
        texts: Iterable[Any] = value.split(",") if isinstance(value, str) else value
        try:
            return tuple(self.item(str(item)) for item in texts if item != "")
        except (TypeError, ValueError) as error:
            raise self._no_fit(name, value) from error

    def _no_fit(self, name: str, value: Any) -> SettingsError:
        return SettingsError(
            f"{name} = {value!r}", hint=f"expected {KINDS[self.kind]}{', or auto' if self.auto else ''}"
        )
