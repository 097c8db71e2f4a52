"""Serving from one process, without a supervisor."""

import queue
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn

from sightline.app.serving.processes.config import config_for
from sightline.app.serving.processes.plan import Plan, Report

STOPPING = (signal.SIGINT, signal.SIGTERM)


class Server(uvicorn.Server):
    """uvicorn's server, which says when it takes requests.

    Args:
        config: Names the application and the protocol.
        announce: Called once, when the port is open.
    """

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Load the models and open the port."""
        await super().startup(sockets)
        self._announce()


def serve_alone(plan: Plan, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serve until a signal comes.

    Args:
        listener: A socket that has its address.
        announce: Called once, when requests are taken.

    Raises:
        BundleError: A model can't be loaded.
        MissingExtraError: A model is of format version 1, and torch is not installed.
    """
    reports: queue.SimpleQueue[Report] = queue.SimpleQueue()
    server = Server(config_for(plan, reports), announce)
    with _signals_to(server), suppress(SystemExit):  # uvicorn exits where the application could not start
        server.run([listener])
    if not reports.empty():
        _, error = reports.get()
        if error is not None:
            raise error


@contextmanager
def _signals_to(server: uvicorn.Server) -> Iterator[None]:
    """Let a stop end well: uvicorn sends itself the signal again, whose first meaning is to end with its number."""
    before = {number: signal.signal(number, server.handle_exit) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
