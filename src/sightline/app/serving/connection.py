"""A connection that may not take for ever: uvicorn's own, with deadlines and a bound on how many there are."""

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sightline.app.serving.limits import Limits
from sightline.app.serving.refusals import BAD_REQUEST, Refusal, busy

PARTING_SECONDS = 1.0


class Connection(HttpToolsProtocol):
    """Ends when a phase takes longer than it may; no thread is held meanwhile.

    uvicorn alone waits for ever for headers that never end and for an answer that nobody fetches, and takes
    as many connections as there are files.
    """

    limits: ClassVar[Limits] = Limits()
    _deadline: asyncio.TimerHandle | None = None
    _idle = False
    _turned_away = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for headers, or turn the client away."""
        super().connection_made(transport)
        self._end_in(self.limits.head_seconds)
        if len(self.connections) > self.limits.connections:
            self._turn_away(busy(f"{self.limits.connections} connections are open, the most there may be"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; a request that has begun has its own deadline."""
        if self._turned_away:
            return
        if self._idle:
            self._idle = False
            self._end_in(self.limits.head_seconds)
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before and not self.cycle.response_complete:
            self._end_in(self.limits.request_seconds)

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, and for this answer to be fetched."""
        before = self.cycle
        super().on_response_complete()
        self._idle = self.cycle is before  # else the next request was there already
        self._end_in(self.limits.idle_seconds + PARTING_SECONDS if self._idle else self.limits.request_seconds)

    def send_400_response(self, msg: str) -> None:
        """Turn away what is no HTTP."""
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.abort()  # an answer is on its way; another can't be put into it
            return
        told = f"this is no HTTP request, or its headers have more than {self.limits.head_bytes:,} bytes: {msg}"
        self._turn_away(Refusal(BAD_REQUEST, told, hint="let a library write the request"))

    def _turn_away(self, refusal: Refusal) -> None:
        """Answer without a request, and stop listening; the sender has a moment to read it."""
        self._turned_away = True
        body = refusal.body()
        headers = {"content-type": "application/json", "content-length": str(len(body)), "connection": "close"}
        lines = [
            f"HTTP/1.1 {refusal.status} Refused",
            *(f"{k}: {v}" for k, v in (headers | refusal.headers).items()),
        ]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + body)
        self.transport.write_eof()
        self._end_in(PARTING_SECONDS)

    def _end_in(self, seconds: float) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)


def connection_within(limits: Limits) -> type[Connection]:
    """Return the protocol that uvicorn makes a connection with."""
    return type("BoundedConnection", (Connection,), {"limits": limits})
