"""Where a process gets its connections from: a port of its own, or the keeper that has the port."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from sightline.app.serving.channel import READY
from sightline.app.serving.service import Plan, announce

MOST_AT_ONCE = 16

Connection = Callable[[], asyncio.Protocol]


class Entrance(Protocol):
    """Where connections come from."""

    listening: list[socket.socket]
    """The sockets on which the server waits for them itself."""

    def open(self, connection: Connection, stop: Callable[[], None]) -> None:
        """Let connections in; the models are there.

        Args:
            connection: Makes the protocol of one.
            stop: Ends the service.
        """

    def close(self) -> None:
        """Let nobody in any more."""


class OwnPort:
    """The port, where one process answers alone.

    Args:
        plan: What is served.
        taken: A socket that has its address.
    """

    def __init__(self, plan: Plan, taken: socket.socket) -> None:
        self._plan, self.listening = plan, [taken]

    def open(self, _: Connection, __: Callable[[], None]) -> None:
        """Say that the port is open."""
        announce(self._plan, self.listening[0])

    def close(self) -> None:
        """Leave it to the server, which listens."""


class Handed:
    """Connections that the keeper has accepted; its end is the end of this process too.

    Args:
        channel: A line to the keeper.
    """

    def __init__(self, channel: socket.socket) -> None:
        self.listening: list[socket.socket] = []
        self._channel = channel
        self._tasks: set[asyncio.Task[object]] = set()

    def open(self, connection: Connection, stop: Callable[[], None]) -> None:
        """Tell the keeper that this process is ready, and take what it hands over."""
        self._connection, self._stop = connection, stop
        self._loop = asyncio.get_running_loop()
        self._channel.setblocking(False)
        self._loop.add_reader(self._channel, self._take)
        with suppress(BrokenPipeError):  # the keeper is gone already; `_take` sees it
            self._channel.send(READY)

    def close(self) -> None:
        """Tell the keeper to hand nothing over any more."""
        self._loop.remove_reader(self._channel)
        with suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)

    def _take(self) -> None:
        try:
            words, handles, _, _ = socket.recv_fds(self._channel, MOST_AT_ONCE, MOST_AT_ONCE)
        except BlockingIOError:
            return
        except ConnectionError:
            words, handles = b"", []
        for handle in handles:
            client = socket.socket(fileno=handle)
            client.setblocking(False)
            task = self._loop.create_task(self._loop.connect_accepted_socket(self._connection, client))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if not words:
            self._loop.remove_reader(self._channel)
            self._stop()
