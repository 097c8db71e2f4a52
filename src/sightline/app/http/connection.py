"""A connection that may not take for ever: uvicorn's own, with deadlines and bounds around it."""

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from sightline.app.http.limits import HttpLimits
from sightline.app.http.refusal import BAD_REQUEST, Refusal, busy

CONNECTIONS = "connections"
"""The key in the application's state under which a connection looks for `Connections`."""
PARTING_SECONDS = 1.0
"""How long a client that was turned away has for reading why."""
SWEEP_SECONDS = 0.25
MOST_AHEAD = 16
"""Requests of one connection that may wait behind the one that is being answered."""


class Connections:
    """Every open connection of a process.

    Args:
        limits: What each may take, and how many there may be.
        count: Called with 1 for each that opens and with -1 for each that ends.
    """

    def __init__(self, limits: HttpLimits, count: Callable[[int], None]) -> None:
        self.limits, self.count = limits, count
        self.open: set[Connection] = set()

    async def end_the_late(self) -> None:
        """End every connection whose time is over; never returns.

        Looking now and then is cheaper than a timer for every phase of every request.
        """
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for connection in tuple(self.open):
                if loop.time() > connection.deadline:
                    connection.transport.abort()

    async def end_all(self) -> None:
        """Cut what is still open: a client that sends half a request, or does not fetch its answer."""
        for connection in tuple(self.open):
            connection.transport.abort()
        await asyncio.sleep(0)  # the event loop closes them at its next step


class Connection(HttpToolsProtocol):
    """Ends when a phase takes longer than it may; no thread is held meanwhile.

    uvicorn alone waits for ever for headers that never end and for an answer that nobody fetches, keeps headers
    and requests ahead as long as there is memory, and takes as many connections as there are files.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._all: Connections = app_state[CONNECTIONS]
        self._limits = self._all.limits
        self._unparsed = self._requests = 0
        self._is_turned_away = False
        self.deadline = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for headers, or turn the client away."""
        super().connection_made(transport)
        self._end_in(self._limits.head_seconds)
        self._all.open.add(self)
        self._all.count(1)
        if len(self._all.open) > self._limits.connections:
            self._turn_away(busy(f"{self._limits.connections} connections are open, the most there may be"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the connection out."""
        self._all.open.discard(self)
        self._all.count(-1)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless what comes has too many bytes before the end of its headers."""
        if self._is_turned_away:
            return
        self._unparsed += len(data)
        super().data_received(data)
        if self._unparsed > self._limits.head_bytes and not self._is_turned_away:
            self.send_400_response("they have no end")

    def on_message_begin(self) -> None:
        """Begin to wait for a request's headers."""
        super().on_message_begin()
        if not self._requests:
            self._end_in(self._limits.head_seconds)

    def on_headers_complete(self) -> None:
        """Begin to answer; the application has deadlines of its own, within this one.

        Raises:
            ValueError: Too many requests wait already; the parser turns it into an answer with status 400.
        """
        if self._requests > MOST_AHEAD:
            raise ValueError(f"more than {MOST_AHEAD} requests wait already")
        super().on_headers_complete()
        self._unparsed = 0
        self._requests += 1
        if self._requests == 1:
            self._end_in(self._limits.request_seconds)

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._unparsed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Take the end of the body."""
        self._unparsed = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, and for this answer to be fetched."""
        self._requests -= 1
        if not self._is_turned_away:
            self._end_in(self._limits.request_seconds if self._requests else self._limits.idle_seconds)
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Turn away what is no HTTP."""
        problem = f"this is no HTTP request, or its headers have more than {self._limits.head_bytes:,} bytes: {msg}"
        self._turn_away(Refusal(BAD_REQUEST, problem, hint="let a library write the request"))

    def _turn_away(self, refusal: Refusal) -> None:
        """Say why there is no answer, and stop listening."""
        self._is_turned_away = True
        if self.transport.is_closing():
            return
        self.transport.write(refusal.last_message())
        if self._requests:  # those that were taken are given up
            self.transport.close()
        else:
            self.transport.write_eof()
            self._end_in(PARTING_SECONDS)

    def _end_in(self, seconds: float) -> None:
        self.deadline = self.loop.time() + seconds
