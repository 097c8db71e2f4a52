"""Deep pictures of a training: their range is measured over the training part, and then they are read in it."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from sightline.data.cache_folder import pixel_folder
from sightline.data.survey import survey
from sightline.data.survey.record import Surveyed
from sightline.imaging.deep import FULL, DeepRange
from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat
from sightline.line.narrator import Narrator


def without_refusals(surveyed: Surveyed) -> Surveyed:
    """Return a survey without the problems of deep pictures that were refused for their values alone.

    A range that is measured will hold them; `in_measured_range` then makes their pixels. Where somebody named the
    range, the survey stays as it is.
    """
    if not surveyed.shades or _format(surveyed).deep != FULL:
        return surveyed
    problems = {row: problem for row, problem in surveyed.problems.items() if row not in surveyed.shades}
    return replace(surveyed, problems=problems)


def in_measured_range(
    surveyed: Surveyed, rows: Iterable[int], *, narrator: Narrator, keep_in: Path | None = None
) -> Surveyed:
    """Return a survey whose deep pictures were read again, in the range of those among some rows.

    Args:
        surveyed: As `without_refusals` leaves it.
        rows: Of the training part.
        narrator: Shows how many pictures have been read.
        keep_in: A folder for pixels that do not fit into memory.
    """
    measured = DeepRange.over((surveyed.modes[row], surveyed.shades[row]) for row in rows if row in surveyed.shades)
    if measured == FULL or surveyed.pixels is None or _format(surveyed).deep != FULL:
        return surveyed
    ranged, deep = replace(_format(surveyed), deep=measured), np.array(list(surveyed.shades), dtype=np.int64)
    with narrator.counting("reading deep pictures in their range", len(deep)) as advance:
        again = survey(surveyed.catalog.at(deep), ranged, keep_in=keep_in, cache_in=pixel_folder(), advance=advance)
    surveyed.pixels[deep] = cast("Pixels", again.pixels)
    problems = surveyed.problems | {int(deep[row]): problem for row, problem in again.problems.items()}
    return replace(surveyed, format=ranged, problems=dict(sorted(problems.items())))


def _format(surveyed: Surveyed) -> PictureFormat:
    return cast("PictureFormat", surveyed.format)
