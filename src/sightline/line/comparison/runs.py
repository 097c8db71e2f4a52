"""The runs of a folder, with their figures, their times, and what differs in their settings."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sightline.core.errors import RunError, SettingsError
from sightline.core.intervals import Interval
from sightline.core.percent import percent
from sightline.core.regular import text_of
from sightline.evaluation.words import duration, interval_words
from sightline.line.run import Run
from sightline.line.settings.toml import flat, read_settings

DEEPEST = 3
"""Folders below the one that is named in which runs are looked for."""
NOT_COMPARED = ("data",)
"""Settings that say where, not how."""


@dataclass(frozen=True)
class RunRow:
    """One run.

    Args:
        name: Its folder, below the one that was named.
        state: ``"finished"``, ``"unfinished"``, ``"tells same from different"`` for a finished one whose model names no
            class, or why its files can't be read.
        model: What `sightline models` calls its model.
        accuracy: On its test part, 0 to 1; None where it is not finished.
        interval: The 95 % interval of the accuracy.
        pictures: How many test pictures there were.
        seconds: How long the model learnt; None where the run does not say.
        split: The digest of its split, by which runs with the same parts are known.
        differs: The settings that are not the same in all runs.
    """

    name: str
    state: str
    model: str = ""
    accuracy: float | None = None
    interval: Interval | None = None
    pictures: int = 0
    seconds: float | None = None
    split: str = ""
    differs: tuple[tuple[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the row as plain values."""
        return asdict(self) | {"differs": dict(self.differs)}


def runs_in(folder: Path) -> tuple[RunRow, ...]:
    """Return the runs at or below a folder, the best first, then those that are not finished.

    Raises:
        RunError: There is no such folder, or no run in it.
    """
    if not folder.is_dir():
        raise RunError(f"{folder} is no folder", hint="name the folder in which your runs are")
    places = list(_places(folder, DEEPEST))
    if not places:
        raise RunError(
            f"there is no run in {folder}", hint="a run is a folder with a settings.toml, which `sightline train` makes"
        )
    settings = [_settings(place) for place in places]
    names = _differing(settings)
    rows = [
        _row(Run(place), folder, tuple((name, each.get(name)) for name in names))
        for place, each in zip(places, settings, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: (row.accuracy is None, -(row.accuracy or 0.0), row.name)))


def runs_lines(rows: Sequence[RunRow]) -> Iterator[str]:
    """Yield the runs as a table for a terminal, and whether their figures are of the same pictures."""
    names = [name for name, _ in rows[0].differs if name != "model"]  # it has a column of its own
    table = [("run", "model", "accuracy", "95 % interval", "pictures", "learnt for", *names)]
    table += [_cells(row) for row in rows]
    widths = [max(len(cells[place]) for cells in table) for place in range(len(table[0]))]
    for cells in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
    if len({row.split for row in rows if row.split}) > 1:
        yield "not all have the same parts: what differs in accuracy may be their test pictures"
    yield "`sightline compare RUN RUN` says whether two of them differ by more than chance"


def _cells(row: RunRow) -> tuple[str, ...]:
    shown = tuple(_shown(value) for name, value in row.differs if name != "model")
    if row.accuracy is None or row.interval is None:
        return (row.name, row.model, row.state, "", "", "", *shown)
    seconds = "" if row.seconds is None else duration(row.seconds)
    return (
        row.name,
        row.model,
        percent(row.accuracy),
        interval_words(row.interval),
        f"{row.pictures:,}",
        seconds,
        *shown,
    )


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _places(folder: Path, deep: int) -> Iterator[Path]:
    """Yield the folders of runs, at or below one, without what lies in a run's own folder."""
    if Run(folder).settings.exists():
        yield folder
        return
    if deep:
        for entry in sorted(folder.iterdir()):
            if entry.is_dir() and not entry.is_symlink():
                yield from _places(entry, deep - 1)


def _settings(place: Path) -> dict[str, Any]:
    """Return the settings of a run; none where they can't be read, which its row then says."""
    with suppress(SettingsError):
        return flat(read_settings(Run(place).settings))
    return {}


def _differing(settings: Iterable[dict[str, Any]]) -> list[str]:
    """Return the settings that not all runs have the same, in their order; those that can't be read say nothing."""
    every = [each for each in settings if each]
    names = dict.fromkeys(name for each in every for name in each if name not in NOT_COMPARED)
    return [name for name in names if len({repr(each.get(name)) for each in every}) > 1]


def _row(run: Run, folder: Path, differs: tuple[tuple[str, Any], ...]) -> RunRow:
    name = str(run.folder.relative_to(folder)) if run.folder != folder else run.folder.name
    if not run.is_finished:
        return RunRow(name, "unfinished", differs=differs)
    try:
        report = json.loads(text_of(run.report_json))
        row = RunRow(
            name,
            "finished",
            model=str(report["model"]),
            seconds=report.get("seconds"),
            split=str((report.get("split") or {}).get("digest", "")),
            differs=differs,
        )
        test = report["test"]
        if test is None:
            return replace(row, state="tells same from different")
        low, high = test["accuracy_interval"]
        return replace(
            row, accuracy=float(test["accuracy"]), interval=(float(low), float(high)), pictures=int(test["count"])
        )
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        return RunRow(name, f"damaged report: {error}", differs=differs)
