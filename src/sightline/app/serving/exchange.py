"""The short way of the plainest question: a small body for `predict`, without a query, on a connection that is free.

It is callbacks alone: a task, ASGI's messages and a timer for every phase take several times as long as all that is
done here. What is not quite as plain goes the long way, which knows everything; so does what the doors refuse.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sightline.app.serving.bodies import Body
from sightline.app.serving.desk import Order, Wishes
from sightline.app.serving.front import NO_MORE, Front
from sightline.app.serving.metrics import NO_MODEL
from sightline.app.serving.predicting import Counter
from sightline.app.serving.refusals import OK, Refusal, encoded, our_fault

MOST_BYTES = 64 * 2**10
"""Of a body that goes the short way; the reading of it is never paused."""
PLAIN = Wishes()
_PREDICT = re.compile(rb"/v1/models/([A-Za-z0-9._-]+)/predict")


class Line(Protocol):
    """The connection, as an exchange sees it."""

    def answer(self, status: int, body: bytes, headers: Mapping[str, str], *, last: bool) -> None:
        """Send an answer; the connection's last or not."""

    def turn_away(self, refusal: Refusal) -> None:
        """Send a refusal, and stop listening."""


class Exchange:
    """One request and its answer; uvicorn's protocol takes it for a cycle of its own.

    Args:
        way: What let it in.
        line: The connection.
        name: Of the model.
        path: The address.
        headers: Of the request.
    """

    method = "POST"
    keep_alive = True
    response_started = response_complete = False

    def __init__(self, way: "ShortWay", line: Line, *, name: str, path: str, headers: dict[bytes, bytes]) -> None:
        self.path, self.started = path, time.perf_counter()
        self.model, self.pictures, self.status = NO_MODEL, 0, 0
        self._front, self._counter, self._line = way.front, way.counter, line
        self._name, self._headers = name, headers
        self._body, self._is_read = Body(way.counter.metrics.held, way.counter.limits), False
        self._order: Order | None = None

    def add(self, piece: bytes) -> None:
        """Take a piece of the body."""
        if not self.response_complete:
            try:
                self._body.add(piece)
            except Refusal as refusal:
                self.refuse(refusal)

    def ask(self) -> None:
        """Hand in the pictures, for the body is complete."""
        if self.response_complete:
            return
        self._is_read = True
        try:
            self._order = self._counter.place(self._name, PLAIN, self._body.whole(), self._headers, self._tell)
            self.model, self.pictures = self._name, len(self._order.pictures)
        except Refusal as refusal:
            self.refuse(refusal)
        except Exception as error:  # noqa: BLE001 - a client never sees a traceback, the log does
            self._admit(error)

    def hurry(self) -> None:
        """End what takes too long."""
        self.refuse(self._counter.too_slow() if self._is_read else self._body.too_slow())

    def refuse(self, refusal: Refusal) -> None:
        """End with a refusal; where the body was not read to its end, it is the connection's last."""
        self._end(refusal.status)
        if self._is_read:
            self._line.answer(refusal.status, refusal.body(), refusal.headers, last=not self.keep_alive)
        else:
            self._line.turn_away(refusal)

    def give_up(self) -> None:
        """End without an answer, for nobody waits for it."""
        if not self.response_complete:
            self._end(0)

    def _tell(self, order: Order) -> None:
        """Answer, for every picture has its outcome."""
        try:
            answer = encoded(self._counter.answer(order)).encode()
        except Refusal as refusal:
            self.refuse(refusal)
        except Exception as error:  # noqa: BLE001 - as above
            self._admit(error)
        else:
            self._end(OK)
            self._line.answer(OK, answer, NO_MORE, last=not self.keep_alive)

    def _admit(self, error: Exception) -> None:
        self._front.report(error)
        self.refuse(our_fault())

    def _end(self, status: int) -> None:
        self.status, self.response_complete = status, True
        self._body.release()
        if self._order is not None:
            self._order.desk.leave(self._order)
            self._order.pictures.clear()  # what holds each other waits for the garbage collector, which costs time
            self._order = None
        self._front.write_down(self)


@dataclass(frozen=True)
class ShortWay:
    """Lets requests in.

    Args:
        front: Its doors and its log are those of the long way.
        counter: Where pictures are handed in.
    """

    front: Front
    counter: Counter

    def exchange(self, line: Line, *, method: bytes, url: bytes, headers: dict[bytes, bytes]) -> Exchange | None:
        """Return the exchange of a request whose headers are complete, or None if it has to go the long way."""
        named, length = _PREDICT.fullmatch(url), headers.get(b"content-length", b"0")
        if named is None or method != b"POST" or not 0 < int(length) <= min(MOST_BYTES, self.counter.limits.body_bytes):
            return None
        name, path = named.group(1).decode(), url.decode()
        try:
            self.front.doors.check("POST", path, headers)
        except Refusal:
            return None
        return Exchange(self, line, name=name, path=path, headers=headers) if name in self.counter.shelf.desks else None
