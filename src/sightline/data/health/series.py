"""Whether pictures that were taken in series stand on both sides of a split."""

from collections.abc import Iterator

import numpy as np

from sightline.core.findings import Finding, Severity
from sightline.core.percent import percent
from sightline.data.catalog import TEST, TRAIN
from sightline.data.splits import Split
from sightline.data.survey.record import Surveyed
from sightline.data.times.reading import SERIES_SECONDS
from sightline.imaging.taken import UNKNOWN

LEAST_SHARE = 0.05
"""Of the test part; of fewer there is nothing to be said."""


def series_across_parts(surveyed: Surveyed, division: Split) -> Iterator[Finding]:
    """Find test pictures that were taken within seconds of a training picture, by their EXIF data.

    Args:
        division: A split of these samples.
    """
    training, tested = (division.rows(part) for part in (TRAIN, TEST))
    training = training[surveyed.taken[training] != UNKNOWN]
    timed = tested[surveyed.taken[tested] != UNKNOWN]
    if not len(training) or not len(timed):
        return
    times = np.sort(surveyed.taken[training])
    places = np.searchsorted(times, surveyed.taken[timed])
    before, after = times[np.maximum(places - 1, 0)], times[np.minimum(places, len(times) - 1)]
    gaps = np.minimum(np.abs(surveyed.taken[timed] - before), np.abs(after - surveyed.taken[timed]))
    near = timed[gaps <= SERIES_SECONDS]
    if len(near) > LEAST_SHARE * len(tested):
        yield Finding(
            "series-in-two-parts",
            Severity.WARNING,
            f"taken within {SERIES_SECONDS:g} seconds of a training picture: {len(near):,} of {len(tested):,} test "
            f"pictures ({percent(len(near) / len(tested))}); pictures of one series are alike, and the figures flatter",
            "train with --split-by time, or give a table whose column group names the series",
            tuple(surveyed.catalog.paths[row] for row in near),
        )
