"""Heat maps beside the answers: they cost whoever asks for them, and hold nobody else."""

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from queue import PriorityQueue

from sightline.app.serving.answers.job import Answer, Job, Picture
from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat
from sightline.inference.classifier import Classifier
from sightline.inference.explanation.occlusion import occlusion_heat
from sightline.inference.graph import Probabilities

LARGEST_HEAT = 448
"""Pixels of the longer side; the squares that were hidden are larger than a pixel of it."""

Ask = Callable[[Pixels], Probabilities]


class Explainer:
    """Adds heat to answers in a thread of its own, a picture at a time.

    Requests take turns: one that brings a single picture does not wait for the eight of another.

    Args:
        classifier: What is explained.
        ask: Asks it, after all pictures that wait for their answer.
        finish: Takes a picture with its answer, or with None where the explanation failed.
    """

    def __init__(self, classifier: Classifier, ask: Ask, finish: Callable[[Picture, Answer | None], None]) -> None:
        self._classifier, self._ask, self._finish = classifier, ask, finish
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="explainer")
        self._waiting: PriorityQueue[tuple[int, int, Picture, Answer]] = PriorityQueue()
        self._numbers, self._turn = count(), 0

    def submit(self, picture: Picture, answer: Answer) -> None:
        """Take a picture that has its answer but for the heat."""
        job = picture.job
        job.turn = max(job.turn, self._turn) + 1
        self._waiting.put((job.turn, next(self._numbers), picture, answer))
        self._thread.submit(self._explain_next)

    def close(self) -> None:
        """Leave out what has not begun; what has ends with its next question."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _explain_next(self) -> None:
        self._turn, _, picture, answer = self._waiting.get()
        if picture.job.is_given_up or picture.pixels is None:
            return
        shrink = min(1, LARGEST_HEAT / max(picture.size))
        width, height = (max(1, round(side * shrink)) for side in picture.size)
        try:
            patient = PatientClassifier(self._classifier, picture.job, self._ask)
            overlay = occlusion_heat(patient, picture.pixels).overlay(width, height)
        except GivenUpError:
            return
        except Exception:  # noqa: BLE001 - a mistake of ours must not leave a client waiting
            self._finish(picture, None)
        else:
            heat = f"data:image/png;base64,{base64.b64encode(overlay).decode()}"
            self._finish(picture, {**answer, "heat": heat, "milliseconds": picture.job.milliseconds})


class GivenUpError(Exception):
    """Nobody waits for an explanation any more."""


@dataclass(frozen=True)
class PatientClassifier:
    """A classifier as an explanation sees it: asked a little at a time, and only while somebody waits for that."""

    classifier: Classifier
    job: Job
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
        if self.job.is_given_up:
            raise GivenUpError
        return self.ask(pixels)
