"""When each picture of a catalog was taken: by a column of its table, or by EXIF data."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from sightline.core.choose import choose
from sightline.core.errors import DataError
from sightline.core.findings import Finding, Severity
from sightline.data.survey.record import Surveyed
from sightline.imaging.taken import UNKNOWN, seconds_of

TIME = "time"
COLUMNS = ("time", "date", "datetime", "timestamp", "taken", "date_taken", "taken_at", "captured")
"""What a column with the time may be called, in any case."""

Times = npt.NDArray[np.float64]


def times_of(surveyed: Surveyed, by: str = TIME) -> Times:
    """Return when each picture was taken, (N,) float64, NaN where nobody says.

    Args:
        surveyed: What one look at every picture showed.
        by: ``"time"`` for a column that is called so or alike, else EXIF data; or the name of a column.

    Raises:
        SettingsError: There is no such column.
        DataError: No picture has a time.
    """
    columns = surveyed.catalog.columns
    name = next((name for name in columns if by == TIME and _folded(name) in COLUMNS), None)
    if by != TIME:
        choose(by, {TIME: "", **columns}, kind="column to split by")
        name = by
    found = surveyed.taken if name is None else np.array([seconds_of(cell) for cell in columns[name]])
    if not np.any(found != UNKNOWN):
        where = "no EXIF data with a time" if name is None else f"nothing that can be read as a time in column {name}"
        raise DataError(
            f"{surveyed.catalog.name} can't be split by time: its pictures have {where}",
            hint="give a table with a column such as time, as 2024-03-01 12:00:00, or leave --split-by out",
        )
    return np.where(found == UNKNOWN, np.nan, found)


def without_time(surveyed: Surveyed, times: Times) -> Iterator[Finding]:
    """Find pictures that have no time, so that they are learnt from and never tested on.

    Args:
        times: (N,) as `times_of` returns them.
    """
    rows = [row for row in surveyed.labelled_rows.tolist() if not np.isfinite(times[row])]
    if rows:
        yield Finding(
            "no-time",
            Severity.WARNING,
            f"without a time: {len(rows):,} of {len(surveyed.labelled_rows):,} pictures; they are learnt from, and not "
            "tested on",
            "say in a column when they were taken, or leave them out",
            tuple(surveyed.catalog.paths[row] for row in rows),
        )


def _folded(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")
