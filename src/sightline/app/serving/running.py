"""The service from its start to its end: the port, the token, the signals."""

import asyncio
import ipaddress
import logging
import signal
import socket
import stat
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Self

import click
import uvicorn

from sightline.app.serving.application import State, application
from sightline.app.serving.bodies import Holding
from sightline.app.serving.connection import Connection, connection_within, end_all, end_the_late
from sightline.app.serving.desk import Crew
from sightline.app.serving.exchange import ShortWay
from sightline.app.serving.front import Doors, Front, local_names
from sightline.app.serving.limits import Limits
from sightline.app.serving.log import Log
from sightline.app.serving.metrics import Metrics
from sightline.app.serving.predicting import Counter
from sightline.app.serving.shelf import Shelf
from sightline.core.errors import SettingsError

SHORTEST_TOKEN = 16
BACKLOG = 256


class Server(uvicorn.Server):
    """uvicorn's server, whose signals are heard elsewhere: it would end by the signal, not with status 0."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def token_in(file: Path) -> str:
    """Return the token that a file holds.

    Raises:
        SettingsError: It can't be read, or holds no token.
    """
    try:
        token = file.read_text().strip()
    except (OSError, ValueError) as error:
        raise SettingsError(f"--token-file {file} can't be read: {error}", hint="name a text file") from error
    if len(token) < SHORTEST_TOKEN or not (token.isascii() and token.isprintable()) or " " in token:
        raise SettingsError(
            f"--token-file {file} holds no token: {len(token)} characters; expected at least {SHORTEST_TOKEN} letters",
            hint=f"make one with: openssl rand -hex 32 > {file}",
        )
    return token


def is_readable_by_others(file: Path) -> bool:
    """Return whether everybody on this machine may read a file."""
    return bool(file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that has the address.

    Raises:
        SettingsError: The address can't be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        taken = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingsError(f"--host {host} is no address: {error}", hint="use 127.0.0.1") from error
    try:
        if sys.platform != "win32":
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
    except OSError as error:
        taken.close()
        raise SettingsError(
            f"port {port} of {host} can't be had: {error.strerror}", hint="choose another --port; 0 finds a free one"
        ) from error
    return taken


def is_loopback(taken: socket.socket) -> bool:
    """Return whether only this machine can reach a socket."""
    return ipaddress.ip_address(taken.getsockname()[0]).is_loopback


@dataclass(frozen=True)
class Plan:
    """What is to be served, and how.

    Args:
        files: Each model's file or run folder by its name.
        host: As the user wrote it.
        token: What every request must bring; None where nobody is asked.
        watch: Whether a model is loaded anew when its file changes.
        limits: What is taken.
    """

    files: dict[str, Path]
    host: str
    token: str | None
    watch: bool
    limits: Limits

    @property
    def doors(self) -> Doors:
        """Who may come in: where nobody is asked for a token, only who calls the service by a local name."""
        return Doors(self.token, frozenset() if self.token else frozenset(local_names(self.host)))


def serve(plan: Plan, taken: socket.socket) -> None:
    """Serve until a signal comes: SIGTERM and SIGINT end the service, SIGHUP loads the models anew.

    Args:
        plan: What is to be served.
        taken: A socket that has its address.

    Raises:
        BundleError: A model can't be loaded.
        MissingExtraError: A model is of format version 1, and torch is not installed.
    """
    log = Log()
    try:
        asyncio.run(_serve(plan, taken, log))
    finally:
        log.close()


async def _serve(plan: Plan, taken: socket.socket, log: Log) -> None:
    crew, metrics = Crew(), Metrics()
    shelf = Shelf(plan.files, crew, plan.limits, say=log.say, seen=metrics.batch, report=log.report)
    state = State(Counter(shelf, plan.limits, metrics, Holding()))
    front = Front(application(state), plan.doors, log, metrics)
    server = Server(_config(front, connection_within(plan.limits, ShortWay(front, state.counter)), plan.limits))
    connections = server.server_state.connections
    state.connections = lambda: len(connections)

    def stop() -> None:
        state.stopping = server.should_exit = True

    try:
        async with _Chores(log) as chores:
            with _heard(stop, lambda: chores.begin(shelf.swap())):
                await shelf.open()
                if plan.watch:
                    chores.begin(shelf.watch())
                chores.begin(end_the_late(connections))
                taken.listen(BACKLOG)
                for name in plan.files:
                    click.echo(f"serving {name} at {_address(taken)}")
                await server.serve(sockets=[taken])
                end_all(connections)
    finally:
        await asyncio.to_thread(crew.dismiss)
        await shelf.close()
    log.say("stopped")


class _Chores:
    """Tasks that go on beside the service and end with it."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin a task; should it fail, the log says so."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._log.report(error)


@contextmanager
def _heard(stop: Callable[[], None], swap: Callable[[], None]) -> Iterator[None]:
    """Hear the signals in the event loop."""
    loop = asyncio.get_running_loop()
    meanings = {"SIGINT": stop, "SIGTERM": stop, "SIGBREAK": stop, "SIGHUP": swap}
    known = {getattr(signal, name): action for name, action in meanings.items() if hasattr(signal, name)}

    def hear(number: int, _: FrameType | None) -> None:
        loop.call_soon_threadsafe(known[number])

    before = {number: signal.signal(number, hear) for number in known}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _config(front: Front, connection: type[Connection], limits: Limits) -> uvicorn.Config:
    return uvicorn.Config(
        front,
        http=connection,
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=logging.CRITICAL,  # what goes wrong is told by us
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=limits.stop_seconds,
    )


def _address(taken: socket.socket) -> str:
    host, port, *_ = taken.getsockname()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
