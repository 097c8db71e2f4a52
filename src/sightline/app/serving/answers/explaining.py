"""Where a model looked, asked for a little at a time so that others go between."""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from sightline.app.serving.answers.picture import Picture
from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat
from sightline.inference.classifier import Classifier
from sightline.inference.explanation.occlusion import occlusion_heat
from sightline.inference.graph import Probabilities

LARGEST_HEAT = 448
"""Pixels of the longer side; the squares that were hidden are larger than a pixel of it."""

Ask = Callable[[Pixels], Probabilities]


class GivenUpError(Exception):
    """Nobody waits for an explanation any more."""


@dataclass(frozen=True)
class PatientClassifier:
    """A classifier as an explanation sees it: asked a little at a time, and only while somebody waits for that."""

    classifier: Classifier
    picture: Picture
    ask: Ask

    @property
    def classes(self) -> tuple[str, ...]:
        """The names, in the order of the probabilities."""
        return self.classifier.classes

    @property
    def format(self) -> PictureFormat:
        """What every picture becomes."""
        return self.classifier.format

    @property
    def batch(self) -> int:
        """How many pictures to ask about at a time: others wait so long at most."""
        return self.classifier.portion

    def probabilities(self, pixels: Pixels) -> Probabilities:
        """Return (n, classes) of (n, H, W, C) uint8.

        Raises:
            GivenUpError: Nobody waits any more.
        """
        if self.picture.is_given_up:
            raise GivenUpError
        return self.ask(pixels)


def heat_of(classifier: Classifier, picture: Picture, ask: Ask) -> str:
    """Return a ``data:`` address of a PNG that shows where a model looked.

    Args:
        picture: One that has its pixels.
        ask: Asks the model, after all pictures that wait for their answer.

    Raises:
        GivenUpError: Nobody waits any more.
    """
    shrink = min(1, LARGEST_HEAT / max(picture.size))
    width, height = (max(1, round(side * shrink)) for side in picture.size)
    if picture.pixels is None:
        raise GivenUpError
    heat = occlusion_heat(PatientClassifier(classifier, picture, ask), picture.pixels)
    return f"data:image/png;base64,{base64.b64encode(heat.overlay(width, height)).decode()}"
