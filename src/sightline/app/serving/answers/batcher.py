"""The batcher of one loaded model: pictures that wait at the same moment share a batch."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import numpy as np
from PIL import UnidentifiedImageError

from sightline.app.http.log import LOGGER
from sightline.app.http.refusal import OUR_FAULT, UNKNOWN_KIND, UNREADABLE, Refusal, busy, stopping
from sightline.app.http.upload import Upload
from sightline.app.serving.answers.drift import DriftMonitor
from sightline.app.serving.answers.explaining import GivenUpError, heat_of
from sightline.app.serving.answers.loading import LoadedModel
from sightline.app.serving.answers.picture import Outcome, Picture, Question
from sightline.app.serving.answers.wording import answers_to
from sightline.app.serving.metrics import ModelMetrics
from sightline.core.errors import PictureError
from sightline.imaging.budget import is_quick
from sightline.imaging.photo import Pixels
from sightline.inference.graph import Probabilities

Outcomes = list[tuple[Picture, Outcome]]
Result = TypeVar("Result")


class Batcher:
    """Answers pictures with one loaded model; all but what its threads do belongs to the event loop.

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
        self._asker = ThreadPoolExecutor(1, thread_name_prefix=f"model {model.name}")
        self._explainer = ThreadPoolExecutor(1, thread_name_prefix="explainer")
        self._turns = asyncio.Lock()  # first come, first served: who asks for one heat map does not wait for eight
        self._ready: deque[Picture] = deque()
        self._asides: deque[tuple[Pixels, Future[Probabilities]]] = deque()
        reference = model.classifier.drift_reference
        self._monitor = None if reference is None else DriftMonitor(model.name, reference, metrics)
        self._is_asking = self._is_closed = self._explains_no_more = False

    async def answers(self, uploads: Sequence[Upload], question: Question) -> list[Outcome]:
        """Return what becomes of the pictures of a request; to cancel it leaves out those that have not begun.

        Raises:
            Refusal: There is no room for them now, or heat was asked for and the service stops (503).
        """
        if self.inside + len(uploads) > self._most_pictures:
            raise busy(f"{self.inside} pictures wait for {self.model.name} already; at most {self._most_pictures} may")
        pictures = [Picture(name, payload, question, self._loop.create_future()) for name, payload in uploads]
        self._count(len(pictures))
        try:
            self._begin(pictures)
            outcomes = await asyncio.gather(*(picture.outcome for picture in pictures))
            if question.explain:
                return [await self._explained(*pair) for pair in zip(pictures, outcomes, strict=True)]
            return outcomes
        finally:
            self._count(-len(pictures))
            for picture in pictures:
                picture.is_given_up, picture.payload = True, b""
            self._ask_next()

    def explain_no_more(self) -> None:
        """Give up all explanations, those that have begun too: a stop does not wait for them."""
        self._explains_no_more = True

    def close(self) -> None:
        """End the threads as soon as the last request has left."""
        self._is_closed = True
        self._ask_next()

    def join(self) -> None:
        """Wait for the ends of the threads; ONNX Runtime does not survive an exit in mid-batch."""
        for threads in (self._explainer, self._asker):
            threads.shutdown()

    def _count(self, pictures: int) -> None:
        self.inside += pictures
        self._metrics.waiting.inc(pictures)

    def _begin(self, pictures: Sequence[Picture]) -> None:
        for picture in pictures:
            if is_quick(picture.payload):  # to hand it to a decoder would take longer than to do it
                self._ready.append(picture)
            else:
                self._run(self._decoders, partial(self._read, picture), partial(self._make_ready, picture))
        self._ask_next()

    def _run(self, threads: Executor, work: Callable[[], Result], take: Callable[[Result], None]) -> None:
        """Let a thread work, and the event loop take what comes of it."""
        threads.submit(work).add_done_callback(
            lambda done: None if done.cancelled() else self._loop.call_soon_threadsafe(take, done.result())
        )

    def _make_ready(self, picture: Picture, refusal: Refusal | None) -> None:
        if refusal is None:
            self._ready.append(picture)
            self._ask_next()
        elif not picture.outcome.done():
            picture.outcome.set_result(refusal)

    def _ask_next(self) -> None:
        """Let the thread that asks take the pictures that wait, or else a question of an explanation."""
        if self._is_closed and self.inside <= 0:
            self._end()
        elif not self._is_asking and (work := self._next_work()) is not None:
            self._is_asking = True
            self._run(self._asker, work, self._settle)

    def _next_work(self) -> Callable[[], Outcomes] | None:
        batch: list[Picture] = []
        while self._ready and len(batch) < self.model.classifier.batch:
            if not (picture := self._ready.popleft()).is_given_up:
                batch.append(picture)
        if batch:
            return partial(self._answered, batch)
        return partial(self._answer_aside, *self._asides.popleft()) if self._asides else None

    def _settle(self, outcomes: Outcomes) -> None:
        self._is_asking = False
        for picture, outcome in outcomes:
            if not picture.outcome.done():
                picture.outcome.set_result(outcome)
        self._ask_next()

    def _end(self) -> None:
        while self._asides:
            self._asides.popleft()[1].cancel()
        for threads in (self._asker, self._explainer):
            threads.shutdown(wait=False)

    def _add_aside(self, pixels: Pixels, answer: "Future[Probabilities]") -> None:
        self._asides.append((pixels, answer))
        self._ask_next()

    async def _explained(self, picture: Picture, outcome: Outcome) -> Outcome:
        """Add heat to an answer; the requests take turns, a picture each.

        Raises:
            Refusal: The service stops (503).
        """
        if isinstance(outcome, Refusal) or picture.pixels is None:
            return outcome
        work = partial(heat_of, self.model.classifier, picture, picture.pixels, self._ask_aside)
        try:
            async with self._turns:
                heat = await self._loop.run_in_executor(self._explainer, work)
        except GivenUpError as error:
            raise stopping() from error
        except Exception:  # noqa: BLE001 - whatever it is, the other pictures have their answers
            return _logged_fault()
        return {**outcome, "heat": heat, "milliseconds": picture.milliseconds}

    # What follows is done by the threads.

    def _ask_aside(self, pixels: Pixels) -> Probabilities:
        """Return the probabilities for some pixels, asked when no picture waits.

        Raises:
            GivenUpError: The service stops.
        """
        if self._explains_no_more:
            raise GivenUpError
        answer: Future[Probabilities] = Future()
        self._loop.call_soon_threadsafe(self._add_aside, pixels, answer)
        return answer.result()

    def _read(self, picture: Picture) -> Refusal | None:
        """Decode a picture that somebody waits for, and return why if it can't be."""
        payload, picture.payload = picture.payload, b""
        if picture.is_given_up:
            return None
        input_format = self.model.classifier.format
        try:
            photo = input_format.open(payload, name=picture.name)
            picture.pixels, picture.size = input_format.pixels(photo), photo.image.size
            picture.note = input_format.note(photo)
        except PictureError as error:
            is_unknown = isinstance(error.__cause__, UnidentifiedImageError)
            return Refusal(UNKNOWN_KIND if is_unknown else UNREADABLE, error.problem, hint=error.hint)
        except Exception:  # noqa: BLE001 - a mistake of ours must not leave a client waiting
            return _logged_fault()
        return None

    def _answered(self, batch: list[Picture]) -> Outcomes:
        """Return the outcomes of some pictures; small ones are decoded here."""
        refusals = [(picture, self._read(picture)) for picture in batch if picture.pixels is None]
        outcomes: Outcomes = [(picture, refusal) for picture, refusal in refusals if refusal is not None]
        decoded = [picture for picture in batch if picture.pixels is not None]
        if decoded:
            self._metrics.batches.observe(len(decoded))
            outcomes += zip(decoded, self._answers(decoded), strict=True)
        return outcomes

    def _answers(self, batch: list[Picture]) -> list[Outcome]:
        try:
            pixels = np.stack([picture.pixels for picture in batch if picture.pixels is not None])
            most = max(picture.question.neighbours for picture in batch)
            answer, neighbours = self.model.answers(pixels, neighbours=most)
            if self._monitor is not None and answer.features is not None:
                self._monitor.note(answer.features)
            return answers_to(batch, self.model.classifier, answer, neighbours)
        except Exception:  # noqa: BLE001 - whatever it is, the next batch must be answered
            return [_logged_fault()] * len(batch)

    def _answer_aside(self, pixels: Pixels, answer: Future[Probabilities]) -> Outcomes:
        try:
            answer.set_result(self.model.classifier.probabilities(pixels))
        except Exception as error:  # noqa: BLE001 - who asks learns of it
            answer.set_exception(error)
        return []


def _logged_fault() -> Refusal:
    LOGGER.exception("the service failed over a picture")
    return Refusal(OUR_FAULT, "the service failed over this picture", hint="its log has the reason")
