"""Where a model looked, asked for a little at a time so that others go between."""

from collections.abc import Callable
from dataclasses import dataclass

from sightline.app.serving.answers.picture import Picture
from sightline.evaluation.pictures import uri_of
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
    """A classifier as an explanation sees it; see `sightline.inference.explanation.occlusion.Explainable`.

    Args:
        batch: How many pictures to ask about at a time: others wait so long at most.
        probabilities: Asks the model, after all pictures that wait for their answer.
    """

    classes: tuple[str, ...]
    format: PictureFormat
    batch: int
    probabilities: Ask


def heat_of(classifier: Classifier, picture: Picture, pixels: Pixels, ask: Ask) -> str:
    """Return a ``data:`` address of a PNG that shows where a model looked.

    Args:
        pixels: (H, W, C) uint8, the picture as the model reads it.
        ask: Asks the model, after all pictures that wait for their answer.

    Raises:
        GivenUpError: Nobody waits any more.
    """
    shrink = min(1, LARGEST_HEAT / max(picture.size))
    width, height = (max(1, round(side * shrink)) for side in picture.size)

    def ask_while_awaited(pixels: Pixels) -> Probabilities:
        if picture.is_given_up:
            raise GivenUpError
        return ask(pixels)

    patient = PatientClassifier(classifier.classes, classifier.format, classifier.portion, ask_while_awaited)
    heat = occlusion_heat(patient, pixels)
    return uri_of(heat.overlay(width, height), "png")
