"""The space that a search goes through: a range or a choice for each setting that is open."""

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sightline.core.errors import SettingsError
from sightline.core.regular import text_of
from sightline.core.rules import AUTO, Rule
from sightline.line.settings.tables import SETTINGS, bare, names_in, setting_named

if TYPE_CHECKING:
    from optuna.trial import Trial

AUTO_RANGES = {"learning_rate": (1e-7, 1.0), "batch_size": (8, 512)}
"""What ``auto`` searches through, where a kind of model reads them.

Reference:
    Y. Bengio, "Practical recommendations for gradient-based training of deep architectures", 2012 (rates from 1 to
    1e-6, on a logarithmic scale; batches from 1 to a few hundreds). https://arxiv.org/abs/1206.5533
"""
SHARED = names_in("run", "data") | {"base", "weights"}
"""Settings that all trials share: they say which pictures are read, once, and how they are divided and judged."""
RANGE_KEYS = ("low", "high", "log", "points")
EXAMPLE = "write a line a setting, such as: learning_rate = { low = 1e-4, high = 1e-1, log = true }"
GRID_POINTS = 8
ROUNDING = 1e-9
"""Added before a root is cut to a whole number."""
NARROWER = 4
"""A range around the best point is so many times narrower, on its own scale."""

Point = dict[str, Any]


def typed(point: Point) -> Point:
    """Return the values of a point, which a study keeps as text or numbers, as their settings have them."""
    return {name: SETTINGS[name].rule.typed(name, value) for name, value in point.items()}


@dataclass(frozen=True)
class Range:
    """Numbers between two ends, both of them allowed.

    Args:
        low: The smallest number that a trial may have.
        high: The largest number that a trial may have.
        is_log: Whether what counts is the ratio of two numbers, not their difference.
        is_whole: Whether only whole numbers are meant.
        points: How many of them a grid has.
    """

    low: float
    high: float
    is_log: bool = False
    is_whole: bool = False
    points: int = GRID_POINTS

    def suggested(self, name: str, trial: "Trial") -> Any:
        """Return the number that a trial is to have."""
        if self.is_whole:
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.is_log)
        return trial.suggest_float(name, self.low, self.high, log=self.is_log)

    def grid(self) -> tuple[Any, ...]:
        """Return numbers that are spread evenly from end to end, none of them twice."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        count = max(2, self.points)
        values = [self._unscaled(low + place * (high - low) / (count - 1)) for place in range(count)]
        values[0], values[-1] = self._typed(self.low), self._typed(self.high)
        return tuple(dict.fromkeys(values))

    def around(self, best: Any) -> Self:
        """Return a range around a number that is a quarter as wide, within these ends."""
        low, high, middle = self._scaled(self.low), self._scaled(self.high), self._scaled(best)
        reach = (high - low) / (2 * NARROWER)
        ends = self._unscaled(max(low, middle - reach)), self._unscaled(min(high, middle + reach))
        return type(self)(min(ends), max(ends), self.is_log, self.is_whole, self.points)

    def _scaled(self, value: float) -> float:
        return math.log(value) if self.is_log else float(value)

    def _unscaled(self, value: float) -> Any:
        number = math.exp(value) if self.is_log else value
        return self._typed(min(self.high, max(self.low, number)))

    def _typed(self, number: float) -> Any:
        return round(number) if self.is_whole else float(number)


@dataclass(frozen=True)
class Choice:
    """Some values, of which one is taken.

    Args:
        values: At least one, none of them twice; text or numbers, a list as text with commas.
    """

    values: tuple[Any, ...]

    def suggested(self, name: str, trial: "Trial") -> Any:
        """Return the value that a trial is to have."""
        return trial.suggest_categorical(name, self.values)

    def grid(self) -> tuple[Any, ...]:
        """Return every value."""
        return self.values

    def around(self, best: Any) -> Self:
        """Return the best value alone."""
        return type(self)((best,))


@dataclass(frozen=True)
class Space:
    """What is searched through.

    Args:
        entries: A range or a choice for each setting, by its name.
    """

    entries: Mapping[str, Range | Choice]

    def suggested(self, trial: "Trial") -> Point:
        """Return the settings that a trial is to have."""
        return {name: entry.suggested(name, trial) for name, entry in self.entries.items()}

    def grid(self) -> tuple[Point, ...]:
        """Return every combination of the entries' own points; the first setting changes slowest."""
        values = (entry.grid() for entry in self.entries.values())
        return tuple(dict(zip(self.entries, point, strict=True)) for point in product(*values))

    def of_points(self, most: int) -> Self:
        """Return the space whose grid has no more than so many points, where its ranges can have fewer: 2 at least."""
        ranges = [entry for entry in self.entries.values() if isinstance(entry, Range)]
        others = math.prod(len(entry.grid()) for entry in self.entries.values() if isinstance(entry, Choice))
        if not ranges or len(self.grid()) <= most:
            return self
        points = max(2, int((most / others) ** (1 / len(ranges)) + ROUNDING))
        fewer = {
            name: replace(entry, points=min(points, entry.points)) if isinstance(entry, Range) else entry
            for name, entry in self.entries.items()
        }
        return type(self)(fewer)

    def around(self, best: Point) -> Self:
        """Return a narrower space around a point."""
        return type(self)({name: entry.around(best[name]) for name, entry in self.entries.items()})

    def require_read(self, reads: frozenset[str], *, model: str) -> None:
        """Raise if a setting means nothing to a kind of model.

        Args:
            reads: The settings that the kind of model reads.
            model: What the model is called.

        Raises:
            SettingsError: One does; the message has all of them.
        """
        idle = [name for name in self.entries if name not in reads]
        if idle:
            raise SettingsError(
                f"{', '.join(idle)} can't be searched with model = {model!r}, which does not read it",
                hint="leave it out of the space, or name another --model",
            )

    def as_json(self) -> dict[str, Any]:
        """Return plain values, by which two spaces are compared."""
        return {name: {**asdict(entry), "kind": type(entry).__name__} for name, entry in self.entries.items()}


def auto_space(reads: frozenset[str], named: frozenset[str], *, model: str, pictures: int) -> Space:
    """Return the ranges of the textbooks, for those settings that mean something and that nobody has named.

    Args:
        reads: The settings that the kind of model reads.
        named: Those that have a value already.
        model: What the model is called.
        pictures: Of the training part; no batch is larger.

    Raises:
        SettingsError: There is none.
    """
    whole = {"batch_size"}
    entries: dict[str, Range | Choice] = {}
    for name, (low, high) in AUTO_RANGES.items():
        if name in reads and name not in named:
            most = min(high, max(low, pictures)) if name in whole else high
            entries[name] = Range(low, most, is_log=True, is_whole=name in whole)
    if not entries:
        raise SettingsError(
            f"space = 'auto' with model = {model!r}: it searches through {' and '.join(AUTO_RANGES)}, which this model "
            "does not read or which have been named",
            hint="name the ranges: --space FILE.toml",
        )
    return Space(entries)


def read_space(path: Path) -> Space:
    """Read a search space from a TOML file.

    Raises:
        SettingsError: The file can't be read, or names a setting that does not exist, an empty range or an impossible
            value; the message has all of them.
    """
    try:
        document = tomllib.loads(text_of(path))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} can't be read as TOML: {error}", hint=EXAMPLE) from error
    return space_of(document, where=str(path))


def space_of(document: Mapping[str, Any], *, where: str = "the search space") -> Space:
    """Return the space that a document names: setting to a table of its range, or to a list of values.

    Args:
        where: What the document is called, for errors.

    Raises:
        SettingsError: It names a setting that does not exist, an empty range or an impossible value; the message has
            all of them.

    Example:
        >>> space = space_of({"epochs": {"low": 2, "high": 8, "log": True}, "optimizer": ["sgd", "adam"]})
        >>> len(space.grid()), space.grid()[0]
        (12, {'epochs': 2, 'optimizer': 'sgd'})
    """
    problems, entries = list[str](), dict[str, Range | Choice]()
    for name, value in _flat(document):
        if bare(name) in entries:
            problems.append(f"{bare(name)} is named twice (name it once)")
        try:
            entries[bare(name)] = _entry(name, value)
        except SettingsError as error:
            problems.append(f"{error.problem} ({error.hint})")
    if not entries and not problems:
        problems = ["it names no setting"]
    if problems:
        raise SettingsError(f"{where} can't be searched through: {'; '.join(problems)}", hint=EXAMPLE)
    return Space(entries)


def _flat(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the entries with their names; they may stand in the tables of settings."""
    for name, value in document.items():
        if isinstance(value, dict) and value and not value.keys() & set(RANGE_KEYS):
            yield from ((f"{name}.{inner}", entry) for inner, entry in value.items())
        else:
            yield str(name), value


def _entry(name: str, value: Any) -> Range | Choice:
    """Return the range or the choice of one setting.

    Raises:
        SettingsError: There is no such setting, all trials share it, there is nothing to choose from, or the setting
            can't have such values.
    """
    rule = setting_named(name).rule
    if bare(name) in SHARED:
        raise SettingsError(f"{name} can't be searched", hint="it is the same for all trials: name it beside the space")
    if isinstance(value, list | tuple):
        return _choice(bare(name), value, rule)
    if not isinstance(value, dict) or not {"low", "high"} <= value.keys() <= set(RANGE_KEYS):
        raise SettingsError(
            f"{name} = {value!r}", hint="expected a list of values, or low, high, and maybe log, points"
        )
    if rule.kind not in (int, float):
        raise SettingsError(f"{name} = {value!r}", hint="it is no number: list its values instead")
    return _range(bare(name), value, rule)


def _choice(name: str, values: Sequence[Any], rule: Rule) -> Choice:
    typed = [rule.typed(name, each) for each in values]
    for each in typed:
        rule.check(name, each)
    if not typed:
        raise SettingsError(f"{name} = []", hint="expected at least one value")
    plain = (",".join(map(str, each)) if isinstance(each, tuple) else each for each in typed)
    return Choice(tuple(dict.fromkeys(plain)))


def _range(name: str, ends: Mapping[str, Any], rule: Rule) -> Range:
    low, high = (rule.typed(name, ends[end]) for end in ("low", "high"))
    if AUTO in (low, high):
        raise SettingsError(f"{name} = {low} to {high}", hint="a range has numbers at its ends; a list may hold auto")
    for end in (low, high):
        rule.check(name, end)
    is_log, points = ends.get("log", False), ends.get("points", GRID_POINTS)
    if not low < high:
        raise SettingsError(f"{name} = {low:g} to {high:g}", hint="the range is empty: low must be below high")
    if not isinstance(is_log, bool):
        raise SettingsError(f"{name}: log = {is_log!r}", hint="expected true or false")
    if is_log and low <= 0:
        raise SettingsError(f"{name} = {low:g} to {high:g}", hint="a logarithmic range must begin above 0")
    if type(points) is not int or points < 2:  # noqa: PLR2004 - both ends
        raise SettingsError(f"{name}: points = {points!r}", hint="expected a whole number of 2 or more")
    return Range(low, high, is_log, rule.kind is int, points)
