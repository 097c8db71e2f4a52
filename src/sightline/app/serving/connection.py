"""A connection that may not take for ever: uvicorn's own, with deadlines, bounds and a short way for small pictures."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from sightline.app.serving.exchange import Exchange, ShortWay
from sightline.app.serving.front import ALWAYS, NO_STORE
from sightline.app.serving.limits import Limits
from sightline.app.serving.metrics import Metrics
from sightline.app.serving.refusals import BAD_REQUEST, Refusal, busy, stopping

PARTING_SECONDS = 1.0
SWEEP_SECONDS = 0.25
MOST_AHEAD = 16
"""Requests of one connection that may wait behind the one that is being answered."""
JSON_FIELDS = b"".join(b"%b: %b\r\n" % field for field in [(b"content-type", b"application/json"), *ALWAYS, NO_STORE])


class Connection(HttpToolsProtocol):
    """Ends when a phase takes longer than it may; no thread is held meanwhile.

    uvicorn alone waits for ever for headers that never end and for an answer that nobody fetches, keeps headers
    and requests ahead as long as there is memory, and takes as many connections as there are files.
    """

    limits: ClassVar[Limits]
    short_way: ClassVar[ShortWay]
    metrics: ClassVar[Metrics]
    cycle: Any
    _exchange: Exchange | None = None
    _idle = False
    _turned_away = False
    _unparsed = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for headers, or turn the client away."""
        super().connection_made(transport)
        self.transport: Gathering = Gathering(transport, self.loop)  # type: ignore[assignment]
        self._lost = self.loop.create_future()
        self._end_in(self.limits.head_seconds)
        self.metrics.connections.add(1)
        if self.metrics.connections.total > self.limits.connections:
            self.turn_away(busy(f"{self.limits.connections} connections are open, the most there may be"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who prepares an answer that nobody waits for it."""
        self.metrics.connections.add(-1)
        self.metrics.ended.add(1)
        self._tell_lost()
        if isinstance(self.cycle, Exchange):
            self.cycle = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a request that has begun has its own deadline."""
        if self._turned_away:
            return
        if self._idle:
            self._idle = False
            self._end_in(self.limits.head_seconds)
        self._unparsed += len(data)
        super().data_received(data)
        if self._unparsed > self.limits.head_bytes and not self._turned_away:
            self.send_400_response("they have no end")

    def on_headers_complete(self) -> None:
        """Begin to answer; the application learns of the connection's end from ``scope["lost"]``, a future."""
        if len(self.pipeline) >= MOST_AHEAD:
            raise HttpParserError(f"more than {MOST_AHEAD} requests wait already")
        self._unparsed = 0
        if exchange := self._short_exchange():
            self.cycle = self._exchange = exchange
            self._end_in(self.limits.read_seconds)
            return
        self.scope["lost"] = self._lost  # type: ignore[typeddict-unknown-key]
        super().on_headers_complete()
        if self._exchange is None:  # else this request waits behind one with a deadline of its own
            self._end_in(self.limits.request_seconds)

    def _short_exchange(self) -> Exchange | None:
        """Return the exchange of a request that can go the short way."""
        is_free = self.cycle is None or self.cycle.response_complete
        if not is_free or self.expect_100_continue or self.flow.write_paused:
            return None
        exchange = self.short_way.exchange(
            self, method=self.parser.get_method(), url=self.url, headers=dict(self.headers)
        )
        if exchange is not None:
            exchange.keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        return exchange

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._unparsed = 0
        if isinstance(self.cycle, Exchange):
            self.cycle.add(body)
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Read on, to hear of the connection's end; further requests stop it."""
        self._unparsed = 0
        if isinstance(self.cycle, Exchange):
            self._end_in(self.limits.answer_seconds)
            self.cycle.ask()
            return
        super().on_message_complete()
        if not self.pipeline:
            self.flow.resume_reading()

    def answer(self, status: int, body: bytes, headers: Mapping[str, str], *, last: bool) -> None:
        """Answer the exchange, and begin with the next request."""
        self.transport.send(self._written(status, body, {**headers, "connection": "close"} if last else headers))
        self._exchange = None
        if last:
            self.transport.close()
        self.on_response_complete()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, and for this answer to be fetched."""
        if self._turned_away:
            return
        self._idle = not self.pipeline
        if self._idle:
            self.flow.resume_reading()
            self._end_in(self.limits.idle_seconds)
        else:  # the next request was there already
            super().on_response_complete()
            self._end_in(self.limits.request_seconds)

    def send_400_response(self, msg: str) -> None:
        """Turn away what is no HTTP."""
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.abort()  # an answer is on its way; another can't be put into it
            return
        told = f"this is no HTTP request, or its headers have more than {self.limits.head_bytes:,} bytes: {msg}"
        self.turn_away(Refusal(BAD_REQUEST, told, hint="let a library write the request"))

    def end_if_late(self, now: float) -> None:
        """End the connection if its phase has taken too long.

        Args:
            now: The event loop's time.
        """
        if now <= self._deadline:
            return
        if self._exchange is None:
            self.transport.abort()
        else:
            self._exchange.hurry()

    def end(self) -> None:
        """End the exchange that is under way, for the service stops."""
        if self._exchange is not None:
            self._exchange.refuse(stopping())

    def turn_away(self, refusal: Refusal) -> None:
        """Answer what is no request, or half of one, and stop listening; the sender has a moment to read it."""
        self._turned_away = True
        self._tell_lost()
        self.transport.send(self._written(refusal.status, refusal.body(), {**refusal.headers, "connection": "close"}))
        self.transport.write_eof()
        self._end_in(PARTING_SECONDS)

    def _written(self, status: int, body: bytes, headers: Mapping[str, str]) -> bytes:
        more = [(name.encode(), value.encode()) for name, value in headers.items()]
        fields = [b"%b: %b\r\n" % field for field in [*self.server_state.default_headers, *more]]
        return b"".join([STATUS_LINE[status], *fields, JSON_FIELDS, b"content-length: %d\r\n\r\n" % len(body), body])

    def _tell_lost(self) -> None:
        if not self._lost.done():
            self._lost.set_result(None)
        if self._exchange is not None:
            self._exchange.give_up()
            self._exchange = None

    def _end_in(self, seconds: float) -> None:
        self._deadline = self.loop.time() + seconds


class Gathering:
    """A transport that sends all that is written in one step of the event loop at once.

    The head of an answer and its body are then one system call, and one packet that wakes the client once.

    Args:
        transport: The connection's.
        loop: The event loop.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._held: list[bytes] = []
        self._ended = False
        self.is_closing, self.abort = transport.is_closing, transport.abort

    def write(self, data: bytes) -> None:
        """Send something in a moment; nothing more after `write_eof`."""
        if self._ended:
            return
        if not self._held:
            self._loop.call_soon(self._send)
        self._held.append(data)

    def send(self, data: bytes) -> None:
        """Send something now, behind what was written before."""
        if not self._ended:
            self._held.append(data)
            self._send()

    def write_eof(self) -> None:
        """Send what was written, and that nothing more will come."""
        self._send()
        self._ended = True
        self._transport.write_eof()

    def close(self) -> None:
        """End the connection as soon as what was written is sent."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._held:
            self._transport.write(b"".join(self._held))
            self._held.clear()


def connection_within(limits: Limits, short_way: ShortWay) -> type[Connection]:
    """Return the protocol that uvicorn makes a connection with."""
    counted = short_way.counter.metrics
    return type("BoundedConnection", (Connection,), {"limits": limits, "short_way": short_way, "metrics": counted})


def end_all(connections: Collection[Any]) -> None:
    """End what is under way on every `Connection`; uvicorn ends the tasks alone."""
    for connection in tuple(connections):
        connection.end()


async def cut_all(connections: Collection[Any]) -> None:
    """Cut what is still open: a client that sends half a request, or does not fetch its answer."""
    for connection in tuple(connections):
        connection.transport.abort()
    await asyncio.sleep(0)  # the event loop closes them at its next step


async def end_the_late(connections: Collection[Any]) -> None:
    """End every `Connection` whose time is over; never ends itself.

    Looking now and then is cheaper than a timer for every phase of every request.
    """
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        for connection in tuple(connections):
            connection.end_if_late(loop.time())
