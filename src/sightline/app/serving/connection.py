"""A connection that may not take for ever: uvicorn's own, with deadlines and bounds on what a client may send."""

import asyncio
from collections.abc import Collection
from typing import Any, ClassVar

from httptools import HttpParserError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sightline.app.serving.limits import Limits
from sightline.app.serving.refusals import BAD_REQUEST, Refusal, busy

PARTING_SECONDS = 1.0
SWEEP_SECONDS = 0.25
MOST_AHEAD = 16
"""Requests of one connection that may wait behind the one that is being answered."""


class Connection(HttpToolsProtocol):
    """Ends when a phase takes longer than it may; no thread is held meanwhile.

    uvicorn alone waits for ever for headers that never end and for an answer that nobody fetches, keeps headers
    and requests ahead as long as there is memory, and takes as many connections as there are files.
    """

    limits: ClassVar[Limits] = Limits()
    _idle = False
    _turned_away = False
    _unparsed = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for headers, or turn the client away."""
        super().connection_made(transport)
        self.transport: Gathering = Gathering(transport, self.loop)  # type: ignore[assignment]
        self._lost = self.loop.create_future()
        self._end_in(self.limits.head_seconds)
        if len(self.connections) > self.limits.connections:
            self._turn_away(busy(f"{self.limits.connections} connections are open, the most there may be"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who prepares an answer that nobody waits for it."""
        self._tell_lost()
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
        self.scope["lost"] = self._lost  # type: ignore[typeddict-unknown-key]
        super().on_headers_complete()
        self._end_in(self.limits.request_seconds)

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._unparsed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Read on, to hear of the connection's end; further requests stop it."""
        self._unparsed = 0
        super().on_message_complete()
        if not self.pipeline:
            self.flow.resume_reading()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, and for this answer to be fetched."""
        if self._turned_away:
            return
        self._idle = not self.pipeline  # else the next request was there already
        super().on_response_complete()
        self._end_in(self.limits.idle_seconds + PARTING_SECONDS if self._idle else self.limits.request_seconds)

    def send_400_response(self, msg: str) -> None:
        """Turn away what is no HTTP."""
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.abort()  # an answer is on its way; another can't be put into it
            return
        told = f"this is no HTTP request, or its headers have more than {self.limits.head_bytes:,} bytes: {msg}"
        self._turn_away(Refusal(BAD_REQUEST, told, hint="let a library write the request"))

    def end_if_late(self, now: float) -> None:
        """End the connection if its phase has taken too long.

        Args:
            now: The event loop's time.
        """
        if now > self._deadline:
            self.transport.abort()

    def _turn_away(self, refusal: Refusal) -> None:
        """Answer without a request, and stop listening; the sender has a moment to read it."""
        self._turned_away = True
        self._tell_lost()
        body = refusal.body()
        headers = {"content-type": "application/json", "content-length": str(len(body)), "connection": "close"}
        lines = [
            f"HTTP/1.1 {refusal.status} Refused",
            *(f"{k}: {v}" for k, v in (headers | refusal.headers).items()),
        ]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        self.transport.write_eof()
        self._end_in(PARTING_SECONDS)

    def _tell_lost(self) -> None:
        if not self._lost.done():
            self._lost.set_result(None)

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


def connection_within(limits: Limits) -> type[Connection]:
    """Return the protocol that uvicorn makes a connection with."""
    return type("BoundedConnection", (Connection,), {"limits": limits})


async def end_the_late(connections: Collection[Any]) -> None:
    """End every `Connection` whose time is over; never ends itself.

    Looking now and then is cheaper than a timer for every phase of every request.
    """
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        for connection in tuple(connections):
            connection.end_if_late(loop.time())
