"""The pictures of one request on their way through a batcher."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from sightline.app.http.refusal import Refusal
from sightline.app.http.upload import Upload
from sightline.imaging.photo import Pixels

Answer = dict[str, Any]
"""What a model answers about one picture, as `sightline.app.serving.api.schema.Named` has it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a client asks about each picture.

    Args:
        top: How many of the likeliest classes, 1 or more.
        sets: Whether the prediction set.
        explain: Whether a heat picture.
        neighbours: How many of the nearest training pictures, 0 or more.
    """

    top: int = 5
    sets: bool = False
    explain: bool = False
    neighbours: int = 0


@dataclass(slots=True, eq=False)
class Picture:
    """One picture of a job.

    Args:
        job: The request that brought it.
        name: What its sender calls it.
        payload: A file's bytes; empty as soon as they are decoded.
        pixels: (H, W, C) uint8, as the model reads it; None again as soon as it is answered.
        size: Width and height of the upright picture, or of a smaller copy.
        outcome: None until it is answered or refused.
    """

    job: "Job"
    name: str
    payload: bytes
    pixels: Pixels | None = None
    size: tuple[int, int] = (1, 1)
    outcome: Answer | Refusal | None = None


class Job:
    """The pictures of one request.

    Args:
        uploads: One or more files.
        question: What is asked about each of them.

    Attributes:
        done: Has a result when every picture has its outcome, or an error; it belongs to the event loop.
        left: How many pictures have no outcome yet; the batcher's lock guards it.
        is_given_up: Whether nobody waits any more; what has not begun is then left out.
        turn: Of the picture that was last to be explained; see `sightline.app.serving.answers.explainer`.
    """

    def __init__(self, uploads: list[Upload], question: Question) -> None:
        self.question = question
        self.pictures = [Picture(self, name, payload) for name, payload in uploads]
        self.left = len(uploads)
        self.arrived = time.perf_counter()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_given_up = False
        self.turn = 0

    @property
    def milliseconds(self) -> float:
        """How long ago it arrived."""
        return round(1000 * (time.perf_counter() - self.arrived), 3)

    def end(self, error: Exception | None = None) -> None:
        """Wake who waits for it, unless that has been done or nobody waits."""
        if not (self.done.done() or self.is_given_up):
            if error is None:
                self.done.set_result(None)
            else:
                self.done.set_exception(error)
