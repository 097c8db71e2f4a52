"""Deep pictures of a training: their range is measured over the training part.

They were read in the range of those that were looked at first. Where that was another one, they are read once more.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from sightline.core.rules import AUTO
from sightline.data.cache_folder import pixel_folder
from sightline.data.settings import DataSettings
from sightline.data.survey import survey
from sightline.data.survey.record import Surveyed
from sightline.imaging.deep import DeepRange
from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat
from sightline.line.narrator import Narrator


def in_measured_range(
    surveyed: Surveyed, rows: Iterable[int], data: DataSettings, *, narrator: Narrator, keep_in: Path | None = None
) -> Surveyed:
    """Return a survey whose deep pictures are read in the range of those among some rows, or in the named one.

    Args:
        surveyed: As `sightline.line.input.second_look.without_refusals` leaves it.
        rows: Of the training part.
        data: Say whether a range is named.
        narrator: Shows how many pictures have been read.
        keep_in: A folder for pixels that do not fit into memory.
    """
    measured = DeepRange.over((surveyed.modes[row], surveyed.shades[row]) for row in rows if row in surveyed.shades)
    is_read = measured == _format(surveyed).deep and not _were_refused(surveyed)
    if data.deep_range != AUTO or surveyed.pixels is None or not surveyed.shades or is_read:
        return surveyed
    ranged, deep = replace(_format(surveyed), deep=measured), np.array(list(surveyed.shades), dtype=np.int64)
    with narrator.counting("reading deep pictures in their range", len(deep)) as advance:
        again = survey(surveyed.catalog.at(deep), ranged, keep_in=keep_in, cache_in=pixel_folder(), advance=advance)
    surveyed.pixels[deep] = cast("Pixels", again.pixels)
    problems = surveyed.problems | {int(deep[row]): problem for row, problem in again.problems.items()}
    return replace(surveyed, format=ranged, problems=dict(sorted(problems.items())))


def _were_refused(surveyed: Surveyed) -> bool:
    """Return whether deep pictures have no pixels yet, since nothing was known of the range of their kind."""
    deep = _format(surveyed).deep
    return any(
        deep.of_mode(surveyed.modes[row]) is None and deep.clipped(surveyed.modes[row], shades)
        for row, shades in surveyed.shades.items()
    )


def _format(surveyed: Surveyed) -> PictureFormat:
    return cast("PictureFormat", surveyed.format)
