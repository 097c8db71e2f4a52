"""One uploaded picture on its way through a batcher."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from sightline.app.http.refusal import Refusal
from sightline.imaging.photo import Pixels
from sightline.inference.classifier import Classifier

Answer = dict[str, Any]
"""What a model answers about one picture, as `sightline.app.serving.api.schema.Named` has it."""
Outcome = Answer | Refusal


@dataclass(frozen=True, slots=True)
class Question:
    """What a client asks about each picture.

    Args:
        top: How many of the likeliest classes, 1 or more.
        sets: Whether the prediction set: that of the model's own level, or the share of pictures that it may miss.
        explain: Whether a heat picture.
        neighbours: How many of the nearest training pictures, 0 or more.
    """

    top: int = 5
    sets: bool | float = False
    explain: bool = False
    neighbours: int = 0


def promising(classifier: Classifier, sets: bool | float) -> Classifier:  # noqa: FBT001 - as a question has it
    """Return the model whose prediction sets promise what a question asks for; itself where it was not calibrated.

    Raises:
        BundleError: It has nothing to make the promise from.
    """
    if isinstance(sets, bool) or classifier.calibration is None:
        return classifier
    return classifier.judging(missed=sets)


@dataclass(slots=True, eq=False)
class Picture:
    """One picture of a request.

    Args:
        name: What its sender calls it.
        payload: A file's bytes; empty as soon as they are decoded.
        question: What is asked about it.
        outcome: Belongs to the event loop.
        pixels: (H, W, C) uint8, as the model reads it; None before it is decoded.
        size: Width and height of the upright picture, or of a smaller copy.
        note: What should be known of how it was read, or ``""``.
        is_given_up: Whether nobody waits any more; what has not begun is then left out.
    """

    name: str
    payload: bytes
    question: Question
    outcome: asyncio.Future[Outcome]
    pixels: Pixels | None = None
    size: tuple[int, int] = (1, 1)
    note: str = ""
    is_given_up: bool = False
    arrived: float = field(default_factory=time.perf_counter)

    @property
    def milliseconds(self) -> float:
        """How long ago it arrived."""
        return round(1000 * (time.perf_counter() - self.arrived), 3)
