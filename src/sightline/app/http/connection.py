"""A connection that may not take for ever: uvicorn's own, with deadlines and bounds around it."""

import asyncio
import socket
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
SIGN_OF_LIFE = b"HTTP/1.1 100 Continue\r\n\r\n"


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
        """End every connection whose time is over, or whose client is gone; never returns.

        Looking now and then is cheaper than a timer for every phase of every request.
        """
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for connection in tuple(self.open):
                connection.end_if_over()

    async def end_all(self) -> None:
        """Cut what is still open: a client that sends half a request, or does not fetch its answer."""
        for connection in tuple(self.open):
            connection.transport.abort()
        await asyncio.sleep(0)  # the event loop closes them at its next step


class Connection(HttpToolsProtocol):
    """Ends when a phase takes longer than it may; no thread is held meanwhile.

    uvicorn alone waits for ever for headers that never end and for an answer that nobody fetches, keeps headers
    and requests ahead as long as there is memory, takes as many connections as there are files, and answers nobody
    who has closed his own side.
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
        self._is_turned_away = self._is_in_request = self._has_said_all = self._is_asked_for_life = False
        self._deadline = 0.0

    def end_if_over(self) -> None:
        """End it if its time is over, or if its client, who has said all, turns out to be gone.

        Who has closed his side may still read, or be gone; only who is gone answers a sign of life with a reset.
        """
        is_gone = self._is_asked_for_life and bool(self._socket_error())
        if is_gone or self.loop.time() > self._deadline:
            self.transport.abort()
        elif self._has_said_all and not self._is_asked_for_life and self._may_write_between():
            self._is_asked_for_life = True
            self.transport.write(SIGN_OF_LIFE)

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

    def eof_received(self) -> bool:  # type: ignore[override]
        """Return whether to go on: who has sent whole requests and closed his side is still answered."""
        self._has_said_all = self._requests > 0 and not self._is_in_request
        return self._has_said_all

    def on_message_begin(self) -> None:
        """Begin to wait for a request's headers."""
        super().on_message_begin()
        self._is_in_request = True
        if not self._requests:
            self._end_in(self._limits.head_seconds)

    def on_headers_complete(self) -> None:
        """Begin to answer; the application has deadlines of its own, within this one.

        Raises:
            ValueError: They are too long, or too many requests wait already; the parser turns it into an answer with
                status 400.
        """
        self._require_short_head()
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
        """Take the end of the body, and headers that may have come behind it.

        Raises:
            ValueError: They are too long.
        """
        self._require_short_head()
        self._unparsed = 0
        self._is_in_request = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, and for this answer to be fetched."""
        self._requests -= 1
        if not self._is_turned_away:
            self._end_in(self._limits.request_seconds if self._requests else self._limits.idle_seconds)
        super().on_response_complete()
        if self._has_said_all and not self._requests:
            self.transport.close()

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

    def _require_short_head(self) -> None:
        """Look at headers that came in one piece with what follows them: of these `data_received` sees no length."""
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > self._limits.head_bytes:
            raise ValueError("they are longer")

    def _may_write_between(self) -> bool:
        """Return whether no answer is half written, and the client knows answers that come before the answer."""
        return not self.transport.get_write_buffer_size() and self.scope["http_version"] != "1.0"

    def _socket_error(self) -> int:
        error: int = self.transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return error

    def _end_in(self, seconds: float) -> None:
        self._deadline = self.loop.time() + seconds
