"""One loaded model and the pictures that wait for it: they are decoded on all cores and answered in batches."""

import asyncio
import base64
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from sightline.app.serving.bodies import Sent
from sightline.app.serving.figures import Gauge
from sightline.app.serving.loading import Loaded
from sightline.app.serving.refusals import OUR_FAULT, Refusal, busy, refused
from sightline.core.errors import PictureError
from sightline.imaging.photo import Pixels
from sightline.inference.examples import Neighbour
from sightline.inference.explanation.occlusion import occlusion_heat
from sightline.inference.graph import Probabilities

BatchSeen = Callable[[int], None]
Report = Callable[[Exception], None]
LARGEST_HEAT = 448
"""Pixels of the longer side; the squares that were hidden are larger than a pixel of it."""
SMALL_BYTES = 16 * 2**10
"""A smaller file is decoded by the thread that asks the model: to hand it over would take longer than to do it."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a client wants to know of each picture.

    Args:
        top: How many of the likeliest classes.
        sets: Whether the prediction set.
        explain: Whether a heat picture.
        neighbours: How many of the nearest training pictures.
    """

    top: int = 5
    sets: bool = False
    explain: bool = False
    neighbours: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model says of one picture.

    Args:
        shares: The likeliest classes and their probabilities, likeliest first.
        likely: The prediction set, or None if nobody asked or the model is not calibrated.
        heat: A ``data:`` address of a PNG that shows where the model looked, or None if nobody asked.
        seconds: From its arrival to the answer.
        neighbours: The nearest training pictures, or None if nobody asked or the model has none to show.
    """

    shares: list[tuple[str, float]]
    likely: tuple[str, ...] | None
    heat: str | None
    seconds: float
    neighbours: tuple[Neighbour, ...] | None = None


@dataclass(slots=True, eq=False)
class Picture:
    """One picture on its way through a desk.

    Args:
        order: Of the request that brought it.
        name: What its sender calls it.
        payload: A file's bytes; let go as soon as they are decoded.
        pixels: (H, W, C) uint8, as the model reads it; let go as soon as it is answered.
        size: Width and height of the upright picture, or of a smaller copy.
        outcome: What became of it.
    """

    order: "Order"
    name: str
    payload: bytes
    pixels: Pixels | None = None
    size: tuple[int, int] = (1, 1)
    outcome: Answer | Refusal | None = None


@dataclass(slots=True, eq=False)
class Order:
    """The pictures of one request.

    Args:
        desk: Where they are.
        wishes: What is to be said of them.
        told: Called in the event loop when every picture has its outcome, unless nobody waits any more.
        left: How many pictures have no outcome yet; the desk's lock guards it.
        gone: Whether nobody waits any more; what has not begun is then left out.
    """

    desk: "Desk"
    wishes: Wishes
    told: Callable[["Order"], None]
    left: int
    arrived: float = field(default_factory=time.perf_counter)
    gone: bool = False
    pictures: list[Picture] = field(default_factory=list)


Told = Callable[[Order], None]


class Crew:
    """The threads that all desks share: those that decode, and one that explains.

    Args:
        threads: How many decode; as many compute a batch together.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.decoders = ThreadPoolExecutor(threads, thread_name_prefix="decoder")
        self.explainers = ThreadPoolExecutor(1, thread_name_prefix="explainer")

    def dismiss(self) -> None:
        """Wait for what the threads have begun; the rest is left out."""
        for threads in (self.decoders, self.explainers):
            threads.shutdown(cancel_futures=True)


class Desk:
    """Answers the orders for one loaded model; `place` and `leave` belong to the event loop's thread.

    Pictures that wait at the same moment share a batch. Nothing waits for company: the one thread
    that asks the model takes what is there, and while it is at work the next batch gathers by itself.

    Args:
        loaded: The model.
        crew: Threads that all desks share.
        most: How many pictures may be inside, of all processes together.
        waiting: Counts them.
        seen: Called in the event loop with the size of each batch.
        report: Called with what should not have happened.
    """

    def __init__(
        self, loaded: Loaded, crew: Crew, *, most: int, waiting: Gauge, seen: BatchSeen, report: Report
    ) -> None:
        self.loaded = loaded
        self.inside = 0
        self._crew, self._most, self._waiting, self._seen, self._report = crew, most, waiting, seen, report
        self._loop = asyncio.get_running_loop()
        self._ready: deque[Picture] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=f"model {loaded.name}")
        self._thread.start()

    def place(self, sent: Sequence[Sent], wishes: Wishes, told: Told) -> Order:
        """Take the pictures of a request; `leave` must be called when its answer was fetched or given up.

        Args:
            sent: The pictures.
            wishes: What is to be said of them.
            told: Called in the event loop when every picture has its outcome; it raises nothing.

        Raises:
            Refusal: There is no room for them now (503).
        """
        if (waiting := self._waiting.total) + len(sent) > self._most:
            raise busy(f"{waiting} pictures wait for {self.loaded.name} already; at most {self._most} may")
        self._count_in(len(sent))
        order = Order(self, wishes, told, len(sent))
        order.pictures = [Picture(order, name, payload) for name, payload in sent]
        small = [picture for picture in order.pictures if len(picture.payload) <= SMALL_BYTES]
        for picture in order.pictures:
            if len(picture.payload) > SMALL_BYTES:
                self._crew.decoders.submit(self._decode, picture)
        if small:
            self._make_ready(small)
        return order

    def leave(self, order: Order) -> None:
        """Forget an order; those of its pictures that have not begun are left out."""
        order.gone = True
        self._count_in(-len(order.pictures))
        for picture in order.pictures:
            picture.payload = b""
        if self._closed:
            self.close()

    def close(self) -> None:
        """End the thread as soon as the last order has left."""
        self._closed = True
        with self._changed:
            self._changed.notify()

    def join(self) -> None:
        """Wait for the end of the thread; ONNX Runtime does not survive an exit in mid-batch."""
        self._thread.join()

    def _count_in(self, pictures: int) -> None:
        self.inside += pictures
        self._waiting.add(pictures)

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
        if picture.order.gone:
            return False
        try:
            photo = self.loaded.classifier.format.open(payload, name=picture.name)
            picture.pixels, picture.size = self.loaded.classifier.format.pixels(photo), photo.image.size
        except PictureError as error:
            self._settle([(picture, refused(error))])
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not leave a client waiting
            self._settle([(picture, self._our_fault(error))])
        return picture.pixels is not None

    def _work(self) -> None:
        while batch := self._next_batch():
            self._answer([picture for picture in batch if picture.pixels is not None or self._read(picture)])

    def _next_batch(self) -> list[Picture]:
        """Return the pictures that wait, at most a batch; none when the desk is closed and empty."""
        with self._changed:
            while True:
                batch: list[Picture] = []
                while self._ready and len(batch) < self.loaded.classifier.batch:
                    picture = self._ready.popleft()
                    if not picture.order.gone:
                        batch.append(picture)
                if batch or (self._closed and self.inside <= 0):
                    return batch
                self._changed.wait()

    def _answer(self, batch: list[Picture]) -> None:
        if not batch:
            return
        answers: list[Answer | Refusal]
        try:
            pixels = np.stack([picture.pixels for picture in batch if picture.pixels is not None])
            most = max(picture.order.wishes.neighbours for picture in batch)
            answers = self._said(batch, *self.loaded.answers(pixels, neighbours=most))
        except Exception as error:  # noqa: BLE001 - whatever it is, the next batch must be answered
            answers = [self._our_fault(error)] * len(batch)
        finished: list[tuple[Picture, Answer | Refusal]] = []
        for picture, answer in zip(batch, answers, strict=True):
            if picture.order.wishes.explain and isinstance(answer, Answer):
                self._crew.explainers.submit(self._explain, picture, answer)
            else:
                finished.append((picture, answer))
        self._settle(finished, batch=len(batch))

    def _said(
        self, batch: list[Picture], rows: Probabilities, near: Sequence[tuple[Neighbour, ...] | None]
    ) -> list[Answer | Refusal]:
        """Put rows of probabilities into words, all at once: numpy lets other threads go first at every call."""
        classifier, now = self.loaded.classifier, time.perf_counter()
        places = np.argsort(-rows, axis=1, kind="stable")[:, : max(picture.order.wishes.top for picture in batch)]
        shares = np.take_along_axis(rows, places, axis=1)
        known = classifier.calibration is not None and any(picture.order.wishes.sets for picture in batch)
        sets: Sequence[tuple[str, ...] | None] = classifier.sets(rows) if known else [None] * len(batch)
        sound: list[bool] = np.isfinite(rows).all(axis=1).tolist()  # type: ignore[assignment]
        answers: list[Answer | Refusal] = []
        table = zip(batch, places.tolist(), shares.tolist(), sets, near, sound, strict=True)
        for picture, row, values, likely, alike, is_sound in table:
            wishes = picture.order.wishes
            named = [(classifier.classes[place], value) for place, value in zip(row, values, strict=True)]
            answer = Answer(
                named[: wishes.top],
                likely if wishes.sets else None,
                None,
                now - picture.order.arrived,
                alike[: wishes.neighbours] if alike and wishes.neighbours else None,
            )
            answers.append(answer if is_sound else _no_number(picture.name))
        return answers

    def _explain(self, picture: Picture, answer: Answer) -> None:
        if picture.order.gone or picture.pixels is None:
            return
        shrink = min(1, LARGEST_HEAT / max(picture.size))
        width, height = (max(1, round(side * shrink)) for side in picture.size)
        try:
            overlay = occlusion_heat(self.loaded.classifier, picture.pixels).overlay(width, height)
        except Exception as error:  # noqa: BLE001 - as above
            self._settle([(picture, self._our_fault(error))])
        else:
            heat = f"data:image/png;base64,{base64.b64encode(overlay).decode()}"
            seconds = time.perf_counter() - picture.order.arrived
            self._settle([(picture, replace(answer, heat=heat, seconds=seconds))])

    def _our_fault(self, error: Exception) -> Refusal:
        self._report(error)
        return Refusal(OUR_FAULT, "the service failed over this picture", hint="its log has the reason")

    def _settle(self, outcomes: list[tuple[Picture, Answer | Refusal]], *, batch: int = 0) -> None:
        """Write outcomes down, and wake the requests that have all of theirs."""
        finished = []
        with self._changed:
            for picture, outcome in outcomes:
                picture.outcome, picture.pixels = outcome, None
                picture.order.left -= 1
                if not picture.order.left:
                    finished.append(picture.order)
        if finished or batch:
            self._loop.call_soon_threadsafe(self._tell, finished, batch)

    def _tell(self, finished: list[Order], batch: int) -> None:
        if batch:
            self._seen(batch)
        for order in finished:
            if not order.gone:
                order.told(order)


def _no_number(name: str) -> Refusal:
    return Refusal(OUR_FAULT, f"the model's answer to {name} is no number", hint="train the model again")
