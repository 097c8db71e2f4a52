"""What a look at all pictures changes in what was chosen from some, before they are checked and split."""

from collections.abc import Iterable
from dataclasses import replace

from sightline.core.rules import AUTO
from sightline.data.settings import DataSettings
from sightline.data.survey.record import Surveyed
from sightline.imaging.picture_format import PictureFormat
from sightline.line.input.input_format import GREY_MODES


def with_colours(chosen: PictureFormat, data: DataSettings, *, modes: Iterable[str]) -> PictureFormat:
    """Return a format in RGB where nobody named colours, it is grey, and a picture is not; else as it is.

    Args:
        modes: Pillow's names of the colour modes of all pictures; ``""`` for those that can't be read.
    """
    is_open = data.colours == AUTO and chosen.colours == "grey"
    has_colours = is_open and any(mode and mode not in GREY_MODES for mode in modes)
    return replace(chosen, colours="rgb") if has_colours else chosen


def without_refusals(surveyed: Surveyed, data: DataSettings) -> Surveyed:
    """Return a survey without the problems of deep pictures that were refused for their values alone.

    A range that is measured will hold them; `sightline.line.input.deep_pictures.in_measured_range` then makes their
    pixels. Where the settings name the range, the survey stays as it is.
    """
    if not surveyed.shades or data.deep_range != AUTO:
        return surveyed
    problems = {row: problem for row, problem in surveyed.problems.items() if row not in surveyed.shades}
    return replace(surveyed, problems=problems)
