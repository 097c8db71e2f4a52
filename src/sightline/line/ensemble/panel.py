"""The members of an ensemble, and the pictures that they are chosen and judged by."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sightline.core.choose import require_extra
from sightline.data.cache_folder import pixel_folder
from sightline.data.catalog import Catalog
from sightline.data.survey import survey
from sightline.data.survey.record import Surveyed
from sightline.imaging.photo import Pixels
from sightline.line.ensemble.members import Divided, Member, divide, members_of, require_several
from sightline.line.narrator import Narrator


@dataclass(frozen=True, eq=False)
class Panel:
    """The members and their pictures.

    Args:
        surveyed: With pixels, as all members read them.
        divided: Which rows are for what.
    """

    members: tuple[Member, ...]
    surveyed: Surveyed
    divided: Divided

    def pixels(self, rows: npt.NDArray[np.int64]) -> Pixels:
        """Return the pixels of some rows, (n, H, W, C) uint8."""
        pixels = self.surveyed.pixels
        if pixels is None:
            raise ValueError("the pictures were looked at without their pixels")
        return pixels[rows]

    def table(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Return every member's probabilities for some rows, (M, n, C)."""
        pixels = self.pixels(rows)
        return np.stack([member.classifier.probabilities(pixels) for member in self.members])


def panel_of(places: Sequence[Path], catalog: Catalog, narrator: Narrator, *, way: str) -> Panel:
    """Open the members, and read the pictures as they do.

    Args:
        places: Folders of runs or model files.
        way: How they are joined, which says how many there must be.

    Raises:
        SettingsError: There are too few members.
        BundleError: The members can't be one model.
        DataError: No picture is new to all members.
    """
    require_extra("onnx", "matplotlib", "jinja2", extra="train", purpose="making an ensemble")
    require_several(places, way)
    members = members_of(places)
    with narrator.counting("reading pictures", len(catalog)) as advance:
        surveyed = survey(catalog, members[0].classifier.format, cache_in=pixel_folder(), advance=advance)
    return Panel(members, surveyed, divide(members, surveyed))
