"""The pictures of one request on their way through a batcher."""

import asyncio
import time
from dataclasses import dataclass

from sightline.app.http.refusal import Refusal
from sightline.app.http.upload import Upload
from sightline.imaging.photo import Pixels
from sightline.inference.examples import Neighbour


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


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answers about one picture.

    Args:
        shares: The likeliest classes and their probabilities, likeliest first.
        likely: The prediction set, or None if nobody asked or the model is not calibrated.
        heat: A ``data:`` address of a PNG that shows where the model looked, or None if nobody asked.
        seconds: From its arrival to the answer.
        neighbours: The nearest training pictures, or None if nobody asked or the model has none to show.
        note: What should be known of how the picture was read, or ``""``.
    """

    shares: list[tuple[str, float]]
    likely: tuple[str, ...] | None
    heat: str | None
    seconds: float
    neighbours: tuple[Neighbour, ...] | None = None
    note: str = ""


@dataclass(slots=True, eq=False)
class Picture:
    """One picture of a job.

    Args:
        job: The request that brought it.
        name: What its sender calls it.
        payload: A file's bytes; empty as soon as they are decoded.
        pixels: (H, W, C) uint8, as the model reads it; None again as soon as it is answered.
        size: Width and height of the upright picture, or of a smaller copy.
        note: What should be known of how it was read, or ``""``.
        outcome: None until it is answered or refused.
    """

    job: "Job"
    name: str
    payload: bytes
    pixels: Pixels | None = None
    size: tuple[int, int] = (1, 1)
    note: str = ""
    outcome: Answer | Refusal | None = None


class Job:
    """The pictures of one request.

    Args:
        uploads: One or more files.
        question: What is asked about each of them.

    Attributes:
        done: Has a result when every picture has its outcome; it belongs to the event loop.
        left: How many pictures have no outcome yet; the batcher's lock guards it.
        is_given_up: Whether nobody waits any more; what has not begun is then left out.
    """

    def __init__(self, uploads: list[Upload], question: Question) -> None:
        self.question = question
        self.pictures = [Picture(self, name, payload) for name, payload in uploads]
        self.left = len(uploads)
        self.arrived = time.perf_counter()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_given_up = False
