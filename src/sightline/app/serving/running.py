"""One process of the service from its start to its end: the models, the server, the signals."""

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

import uvicorn

from sightline.app.serving.application import State, application
from sightline.app.serving.connection import Connection, connection_within, cut_all, end_all, end_the_late
from sightline.app.serving.desk import Crew
from sightline.app.serving.entrance import Entrance, OwnPort
from sightline.app.serving.exchange import ShortWay
from sightline.app.serving.front import Doors, Front, local_names
from sightline.app.serving.limits import Limits
from sightline.app.serving.log import Log
from sightline.app.serving.metrics import Metrics
from sightline.app.serving.predicting import Counter
from sightline.app.serving.service import BACKLOG, Plan
from sightline.app.serving.shelf import Shelf


class Server(uvicorn.Server):
    """uvicorn's server, which may get its connections from elsewhere.

    Its signals are heard elsewhere too: it would end by the signal, not with status 0.

    Args:
        config: uvicorn's.
        entrance: Where connections come from.
        stop: Ends the service.
    """

    def __init__(self, config: uvicorn.Config, entrance: Entrance, stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._entrance, self._stop = entrance, stop

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the entrance."""
        await super().startup(sockets)
        self._entrance.open(self._connection, self._stop)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the entrance, and finish what was taken."""
        self._entrance.close()
        await super().shutdown(sockets)

    def _connection(self) -> asyncio.Protocol:
        kind: Any = self.config.http_protocol_class
        connection: asyncio.Protocol = kind(self.config, self.server_state, self.lifespan.state)
        return connection


def serve_alone(plan: Plan, taken: socket.socket) -> None:
    """Serve from this process; see `sightline.app.serving.service.serve`."""
    serve_through(OwnPort(plan, taken), plan, Metrics(plan.files))


def serve_through(entrance: Entrance, plan: Plan, metrics: Metrics) -> None:
    """Serve until a signal comes.

    Args:
        entrance: Where connections come from.
        plan: What is to be served.
        metrics: Counts.

    Raises:
        BundleError: A model can't be loaded.
        MissingExtraError: A model is of format version 1, and torch is not installed.
    """
    log = Log()
    try:
        asyncio.run(_serve(entrance, plan, metrics, log))
    finally:
        log.close()


async def _serve(entrance: Entrance, plan: Plan, metrics: Metrics, log: Log) -> None:
    crew = Crew(plan.threads)
    shelf = Shelf(plan.files, crew, plan.limits, metrics=metrics, say=log.say, report=log.report)
    state = State(Counter(shelf, plan.limits, metrics))
    front = Front(application(state), _doors(plan), log, metrics)
    config = _config(front, connection_within(plan.limits, ShortWay(front, state.counter)), plan.limits)

    def stop() -> None:
        state.stopping = server.should_exit = True

    server = Server(config, entrance, stop)
    connections = server.server_state.connections
    try:
        async with _Chores(log) as chores:
            with _heard(stop, lambda: chores.begin(shelf.swap())):
                await shelf.open()
                metrics.ready.add(1)
                gc.freeze()  # what is there now stays, and need not be looked through for garbage
                if plan.watch:
                    chores.begin(shelf.watch())
                chores.begin(end_the_late(connections))
                await server.serve(sockets=entrance.listening)
                end_all(connections)
    finally:
        await asyncio.to_thread(crew.dismiss)
        await shelf.close()
        await cut_all(connections)


def _doors(plan: Plan) -> Doors:
    """Say who may come in: where nobody is asked for a token, only who calls the service by a local name."""
    return Doors(plan.token, frozenset() if plan.token else frozenset(local_names(plan.host)))


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
