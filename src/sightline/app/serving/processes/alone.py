"""Serving from one process, without a supervisor."""

import signal
import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from sightline.app.serving.processes.config import config_for
from sightline.app.serving.processes.plan import Plan


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
