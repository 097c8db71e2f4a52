"""What every picture becomes: chosen before any is read, from what was named and from the first facts of some.

Whether a data set is grey only all pictures can say. Where some were grey, the look at all goes on in grey, and what it
shows is asked once more: see docs/decisions/0025.
"""

from collections.abc import Iterable
from statistics import median
from typing import cast

from sightline.core.rules import AUTO
from sightline.data.catalog import Catalog
from sightline.data.settings import DataSettings
from sightline.data.survey.look import peek
from sightline.imaging.colours import ColourSpace
from sightline.imaging.deep import DeepRange, has_shades
from sightline.imaging.facts import Facts
from sightline.imaging.picture_format import PictureFormat

LEAST_SIDE, MOST_SIDE = 16, 64
GREY_MODES = ("1", "L", "LA", "LA;16", "I", "F", "I;16", "I;16B", "I;16L")


def choose_format(catalog: Catalog, data: DataSettings, *, sides: tuple[int, int]) -> PictureFormat:
    """Return what every picture becomes; where nobody named size or colours, some pictures decide.

    Args:
        sides: The least and the largest side in pixels that are taken where nobody named a size.
    """
    least, most = sides
    size = data.input_size()
    looks = list(peek(catalog)) if size is None or data.colours == AUTO else []
    if size is None:
        side = int(median(min(facts.width, facts.height) for facts in looks)) if looks else least
        size = (max(least, min(side, most)),) * 2
    colours = data.colours
    if colours == AUTO:
        colours = "grey" if looks and all(facts.mode in GREY_MODES for facts in looks) else "rgb"
    deep = data.named_range() if data.deep_range != AUTO else _range_over(looks)
    return PictureFormat(*size, cast("ColourSpace", colours), data.resize, deep)


def _range_over(looks: Iterable[Facts]) -> DeepRange:
    """Return the range of the deep pictures among some, most likely that of all: white is a power of two."""
    return DeepRange.over((facts.mode, facts.shades) for facts in looks if has_shades(facts.mode))
