"""What each place of a picture adds to a class's answer, as numbers and as a drawing to lay over the picture."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from sightline.imaging.picture_format import PictureFormat

FAINT, COARSE = 0.02, 64
"""Nats a cell of 64, and less a cell where there are more; where no cell adds more, nothing is made to look strong."""
SUPPORTS, OPPOSES = (217, 95, 2), (44, 98, 182)
"""Orange and blue, which are told apart by all eyes."""
STRONGEST_ALPHA = 190

Grid = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Heat:
    """What each place of a picture adds to one class's answer.

    Args:
        label: The class that is explained.
        grid: (h, w) float32, cells over the pixels that the model reads: how many nats of the class's log-odds,
            log(p / (1 - p)), the cell adds. Above zero it speaks for the class, below zero against it.
        probability: Of the class, on the picture as it is.
        least: The class's lowest probability with one square hidden; None where nothing was hidden.
        format: What the picture became before the model read it.
    """

    label: str
    grid: Grid
    probability: float
    least: float | None
    format: PictureFormat

    @property
    def shares(self) -> Grid:
        """(h, w) float32 from -1 to 1: `grid` as shares of its largest value, or of what is faint if that is more."""
        faint = FAINT * min(1, COARSE / self.grid.size)
        shares: Grid = self.grid / max(float(np.abs(self.grid).max()), faint)
        return shares

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        numbers = {"probability": self.probability, "least": self.least}
        return {"label": self.label, **numbers, "grid": self.grid.tolist(), "shares": self.shares.tolist()}

    def overlay(self, width: int, height: int) -> bytes:
        """Return a PNG to lay over the upright picture: orange supports the class, blue opposes it.

        What the model never saw, outside its crop, stays clear.

        Args:
            width: Pixels across, of the picture or of a smaller copy with its proportions.
        """
        rows, columns = self.grid.shape
        left, top, right, bottom = _edges(self.format, width, height)
        extent = (left * columns, top * rows, right * columns, bottom * rows)
        shares = np.asarray(
            Image.fromarray(self.shares).transform(
                (width, height), Image.Transform.EXTENT, extent, Image.Resampling.BILINEAR
            )
        )
        colours = np.where(shares[..., None] > 0, SUPPORTS, OPPOSES)  # (height, width, 3)
        alpha = np.abs(shares[..., None]) * STRONGEST_ALPHA
        stream = io.BytesIO()
        Image.fromarray(np.concatenate([colours, alpha], axis=2).round().astype(np.uint8)).save(stream, "PNG")
        return stream.getvalue()


def _edges(input_format: PictureFormat, width: int, height: int) -> tuple[float, float, float, float]:
    """Return where a picture's left, top, right and bottom edges lie in what the model reads, whose sides are 1."""
    if input_format.resize == "squash":
        return 0.0, 0.0, 1.0, 1.0
    sides, margins = (input_format.width, input_format.height), 2 * input_format.margin
    covered = (width / (sides[0] + margins), height / (sides[1] + margins))
    scale = min(covered) if input_format.resize == "crop" else max(covered)
    across, down = width / sides[0] / scale / 2, height / sides[1] / scale / 2
    return 0.5 - across, 0.5 - down, 0.5 + across, 0.5 + down
