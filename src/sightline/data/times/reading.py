"""When each picture of a catalog was taken: by a column of its table, or by EXIF data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sightline.core.choose import choose
from sightline.core.errors import DataError
from sightline.core.findings import Finding, Severity
from sightline.data.survey.record import Surveyed
from sightline.data.table.columns import folded
from sightline.imaging.taken import UNKNOWN, seconds_of

TIME = "time"
COLUMNS = ("time", "date", "datetime", "timestamp", "taken", "date_taken", "taken_at", "captured")
"""What a column with the time may be called, in any case."""

SERIES_SECONDS = 10.0
"""Pictures that follow each other so soon show the same scene; they stay in one part."""


@dataclass(frozen=True, eq=False)
class Times:
    """When each picture was taken.

    Args:
        values: (N,) float64 that grow with time, NaN where nobody says.
        gap: Pictures that follow each other within so much are a series: `SERIES_SECONDS` for what a clock says, and 0
            for plain numbers, such as years or depths, of which equal ones alone belong together.
    """

    values: npt.NDArray[np.float64]
    gap: float

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Whether each picture has a time, (N,)."""
        return np.isfinite(self.values)


def times_of(surveyed: Surveyed, by: str = TIME) -> Times:
    """Return when each picture was taken.

    Args:
        surveyed: What one look at every picture showed.
        by: ``"time"`` for a column that is called so or alike, else EXIF data; or the name of a column.

    Raises:
        SettingsError: There is no such column.
        DataError: No picture has a time.
    """
    columns = surveyed.catalog.columns
    name = next((name for name in columns if by == TIME and folded(name) in COLUMNS), None)
    if by != TIME:
        choose(by, {TIME: "", **columns}, kind="column to split by")
        name = by
    times = _by_clock(surveyed.taken) if name is None else _of_column(columns[name])
    if not times.known.any():
        where = "no EXIF data with a time" if name is None else f"nothing that can be read as a time in column {name}"
        raise DataError(
            f"{surveyed.catalog.name} can't be split by time: its pictures have {where}",
            hint="give a table with a column such as time, as 2024-03-01 12:00:00, or leave --split-by out",
        )
    return times


def _by_clock(seconds: npt.NDArray[np.float64]) -> Times:
    return Times(np.where(seconds == UNKNOWN, np.nan, seconds), SERIES_SECONDS)


def _of_column(cells: Sequence[str]) -> Times:
    """Return a column's plain numbers or its dates, whichever are more; 20240301 is a number."""
    numbers = Times(np.array([_number(cell) for cell in cells]), gap=0.0)
    dates = _by_clock(np.array([seconds_of(cell) for cell in cells]))
    return max(numbers, dates, key=lambda times: int(times.known.sum()))


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return np.nan
    return number if np.isfinite(number) else np.nan


def without_time(surveyed: Surveyed, times: Times) -> Iterator[Finding]:
    """Find pictures that have no time, so that they are learnt from and never tested on.

    Args:
        times: When each sample was taken, where that is known.
    """
    labelled = surveyed.labelled_rows
    rows = labelled[~times.known[labelled]].tolist()
    if rows:
        yield Finding(
            "no-time",
            Severity.WARNING,
            f"without a time: {len(rows):,} of {len(labelled):,} pictures; they are learnt from, and not tested on",
            "say in a column when they were taken, or leave them out",
            tuple(surveyed.catalog.paths[row] for row in rows),
        )
