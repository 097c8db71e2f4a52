"""uvicorn as every worker has it, and one worker that needs no supervisor."""

import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import HANDLED_SIGNALS

from sightline.app.http.connection import Connection
from sightline.app.serving.processes.plan import Plan, Report

BACKLOG = 256


def config_for(plan: Plan, report: Report) -> uvicorn.Config:
    """Return uvicorn's settings for all workers."""
    options: dict[str, Any] = {"loop": "asyncio", "ws": "none", "lifespan": "on", "interface": "asgi3"}
    return uvicorn.Config(
        partial(_application, plan, report),
        factory=True,
        http=Connection,
        workers=plan.workers,
        log_config=None,
        log_level="critical",  # what goes wrong stands in our own log
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=plan.http.idle_seconds,
        timeout_graceful_shutdown=plan.http.finish_seconds,
        **options,
    )


def _application(plan: Plan, report: Report) -> ASGIApp:
    """Build the application in the worker: the supervisor never imports what answers."""
    from sightline.app.serving.processes.worker import application

    return application(plan, report)


def serve_alone(plan: Plan, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serve until a signal comes; what the signals meant before is for the caller to restore.

    Args:
        listener: A socket that has its address.
        announce: Called once, when requests are taken.

    Raises:
        BundleError: A model can't be loaded.
        MissingExtraError: A model is of format version 1, and torch is not installed.
    """
    errors: list[Exception] = []
    server = uvicorn.Server(config_for(plan, lambda error: announce() if error is None else errors.append(error)))
    for (
        number
    ) in HANDLED_SIGNALS:  # uvicorn sends itself the signal again, whose first meaning is to end with its number
        signal.signal(number, server.handle_exit)
    with suppress(SystemExit):  # uvicorn exits where the application could not start
        server.run([listener])
    if errors:
        raise errors[0]
