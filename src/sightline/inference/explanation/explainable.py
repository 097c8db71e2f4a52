"""What can be explained: anything that answers pictures of a format."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat


class Explainable(Protocol):
    """What is explained: anything that answers pictures of a format."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names, in the order of the probabilities."""

    @property
    def format(self) -> PictureFormat:
        """What every picture becomes."""

    @property
    def batch(self) -> int:
        """How many pictures to ask about at a time."""

    def probabilities(self, pixels: Pixels) -> npt.NDArray[np.float32]:
        """Return (n, classes) of (n, H, W, C) uint8."""
