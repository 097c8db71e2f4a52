"""The batcher of one loaded model: pictures that wait at the same moment share a batch."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from functools import partial

import numpy as np
from PIL import UnidentifiedImageError

from sightline.app.http.log import LOGGER
from sightline.app.http.refusal import OUR_FAULT, UNKNOWN_KIND, UNREADABLE, Refusal, busy
from sightline.app.http.upload import Upload
from sightline.app.serving.answers.explainer import Explainer, GivenUpError
from sightline.app.serving.answers.job import Answer, Job, Picture, Question
from sightline.app.serving.answers.loading import LoadedModel
from sightline.app.serving.answers.wording import answers_to
from sightline.app.serving.metrics import ModelMetrics
from sightline.core.errors import PictureError
from sightline.imaging.photo import Pixels
from sightline.inference.graph import Probabilities

SMALL_BYTES = 16 * 2**10
"""A smaller file is decoded by the thread that asks the model: to hand it over would take longer than to do it."""

Outcome = tuple[Picture, Answer | Refusal]
Work = Callable[[], None]


class Batcher:
    """Answers jobs with one loaded model; `submit` and `leave` belong to the event loop's thread.

    Nothing waits for company: the one thread that asks the model takes what is there, and while it is at work the
    next batch gathers by itself. When no picture waits, it asks what explanations want to know.

    Args:
        decoders: Threads that all models share.
        most_pictures: How many may be inside at a time.
        metrics: Counts the pictures that wait, and the batches.
    """

    def __init__(self, model: LoadedModel, decoders: Executor, *, most_pictures: int, metrics: ModelMetrics) -> None:
        self.model = model
        self.inside = 0
        self._decoders, self._most_pictures, self._metrics = decoders, most_pictures, metrics
        self._loop = asyncio.get_running_loop()
        self._ready: deque[Picture] = deque()
        self._asides: deque[Work] = deque()
        self._changed = threading.Condition()
        self._is_closed = False
        self._explainer = Explainer(model.classifier, self._ask_aside, self._finish_explained)
        self._thread = threading.Thread(target=self._work, name=f"model {model.name}")
        self._thread.start()

    def submit(self, uploads: list[Upload], question: Question) -> Job:
        """Take the pictures of a request; `leave` must be called when its answer was fetched or given up.

        Raises:
            Refusal: There is no room for them now (503).
        """
        if self.inside + len(uploads) > self._most_pictures:
            raise busy(f"{self.inside} pictures wait for {self.model.name} already; at most {self._most_pictures} may")
        self._count(len(uploads))
        job = Job(uploads, question)
        small = [picture for picture in job.pictures if len(picture.payload) <= SMALL_BYTES]
        for picture in job.pictures:
            if len(picture.payload) > SMALL_BYTES:
                self._decoders.submit(self._decode, picture)
        self._make_ready(small)
        return job

    def leave(self, job: Job) -> None:
        """Forget a job; those of its pictures that have not begun are left out."""
        job.is_given_up = True
        self._count(-len(job.pictures))
        for picture in job.pictures:
            picture.payload = b""
        if self._is_closed:
            self.close()

    def close(self) -> None:
        """End the threads as soon as the last job has left."""
        self._is_closed = True
        with self._changed:
            self._changed.notify()

    def join(self) -> None:
        """Wait for the end of the thread that asks; ONNX Runtime does not survive an exit in mid-batch."""
        self._thread.join()

    @property
    def _is_over(self) -> bool:
        return self._is_closed and self.inside <= 0

    def _count(self, pictures: int) -> None:
        self.inside += pictures
        self._metrics.waiting.inc(pictures)

    def _make_ready(self, pictures: Sequence[Picture]) -> None:
        with self._changed:
            self._ready.extend(pictures)
            self._changed.notify()

    def _decode(self, picture: Picture) -> None:
        if self._read(picture):
            self._make_ready([picture])

    def _read(self, picture: Picture) -> bool:
        """Decode a picture, and return whether it is there; if not, it has its outcome, or nobody waits for it."""
        payload, picture.payload = picture.payload, b""
        if picture.job.is_given_up:
            return False
        input_format = self.model.classifier.format
        try:
            photo = input_format.open(payload, name=picture.name)
            picture.pixels, picture.size = input_format.pixels(photo), photo.image.size
        except PictureError as error:
            self._settle([(picture, _refusal_of(error))])
        except Exception:  # noqa: BLE001 - a mistake of ours must not leave a client waiting
            self._settle([(picture, _logged_fault())])
        return picture.pixels is not None

    def _work(self) -> None:
        while work := self._next_work():
            work()
        self._explainer.close()

    def _next_work(self) -> Work | None:
        """Return what to do for the pictures that wait, or else for an explanation; None at the end."""
        with self._changed:
            while True:
                batch: list[Picture] = []
                while self._ready and len(batch) < self.model.classifier.batch:
                    picture = self._ready.popleft()
                    if not picture.job.is_given_up:
                        batch.append(picture)
                if batch:
                    return partial(self._answer, batch)
                if self._asides:
                    return self._asides.popleft()
                if self._is_over:
                    return None
                self._changed.wait()

    def _answer(self, batch: list[Picture]) -> None:
        batch = [picture for picture in batch if picture.pixels is not None or self._read(picture)]
        if not batch:
            return
        self._metrics.batches.observe(len(batch))
        finished: list[Outcome] = []
        for picture, answer in zip(batch, self._answers(batch), strict=True):
            if picture.job.question.explain and isinstance(answer, dict):
                self._explainer.submit(picture, answer)
            else:
                finished.append((picture, answer))
        self._settle(finished)

    def _answers(self, batch: list[Picture]) -> list[Answer | Refusal]:
        try:
            pixels = np.stack([picture.pixels for picture in batch if picture.pixels is not None])
            most = max(picture.job.question.neighbours for picture in batch)
            probabilities, neighbours = self.model.answers(pixels, neighbours=most)
            return answers_to(batch, self.model.classifier, probabilities, neighbours)
        except Exception:  # noqa: BLE001 - whatever it is, the next batch must be answered
            return [_logged_fault()] * len(batch)

    def _ask_aside(self, pixels: Pixels) -> Probabilities:
        """Return the probabilities for some pixels, asked as soon as no picture waits.

        Raises:
            GivenUpError: Nobody waits for anything any more.
        """
        probabilities: Future[Probabilities] = Future()

        def ask() -> None:
            try:
                probabilities.set_result(self.model.classifier.probabilities(pixels))
            except Exception as error:  # noqa: BLE001 - who asks learns of it
                probabilities.set_exception(error)

        with self._changed:
            if self._is_over:
                raise GivenUpError
            self._asides.append(ask)
            self._changed.notify()
        return probabilities.result()

    def _finish_explained(self, picture: Picture, answer: Answer | None) -> None:
        self._settle([(picture, _logged_fault() if answer is None else answer)])

    def _settle(self, outcomes: list[Outcome]) -> None:
        """Write outcomes down, and wake the requests that have all of theirs."""
        finished = []
        with self._changed:
            for picture, outcome in outcomes:
                picture.outcome, picture.pixels = outcome, None
                picture.job.left -= 1
                if not picture.job.left:
                    finished.append(picture.job)
        if finished:
            self._loop.call_soon_threadsafe(_wake, finished)


def _wake(jobs: list[Job]) -> None:
    for job in jobs:
        job.end()


def _refusal_of(error: PictureError) -> Refusal:
    """Return why a picture gets no answer: 415 if it is no picture of a known kind, 422 if it can't be read."""
    is_unknown = isinstance(error.__cause__, UnidentifiedImageError)
    return Refusal(UNKNOWN_KIND if is_unknown else UNREADABLE, error.problem, hint=error.hint)


def _logged_fault() -> Refusal:
    LOGGER.exception("the service failed over a picture")
    return Refusal(OUR_FAULT, "the service failed over this picture", hint="its log has the reason")
