"""The outermost middleware: a line in the log for each request, and an answer whatever happens inside."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sightline.app.http.log import LOGGER
from sightline.app.http.refusal import CLIENT_GONE, Refusal, our_fault, stopping

LONGEST_PATH = 200
ALWAYS = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
NO_STORE = (b"cache-control", b"no-store")
NOTE = "note"
"""The key in a request's state under which the application may leave words for the line in the log."""

Observe = Callable[[Mapping[str, Any], int, float], None]
"""Is called with a finished request's state, its status and its seconds."""


class RequestLog:
    """Writes a line for each request, adds the headers that every answer has, and turns errors into answers.

    Args:
        app: Its exceptions become answers with status 500.
        observe: Learns of each request that is over.
    """

    def __init__(self, app: ASGIApp, observe: Observe) -> None:
        self._app, self._observe = app, observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *ALWAYS]
                if NO_STORE[0] not in dict(message["headers"]):
                    message["headers"].append(NO_STORE)
            await send(message)

        state = scope.setdefault("state", {})
        try:
            refusal = await self._refusal_of(scope, receive, send_with_headers)
            if refusal is not None and not status:
                await refusal.response()(scope, receive, send_with_headers)
        finally:
            seconds = time.perf_counter() - started
            self._observe(state, status or CLIENT_GONE, seconds)
            note = f" {state[NOTE]}" if NOTE in state else ""
            request = f"{scope['method']} {scope['path'][:LONGEST_PATH]}"
            LOGGER.info("%s %d%s %.1f ms", request, status or CLIENT_GONE, note, 1000 * seconds)

    async def _refusal_of(self, scope: Scope, receive: Receive, send: Send) -> Refusal | None:
        """Let the application answer, and return what is to be answered in its place where it failed."""
        try:
            await self._app(scope, receive, send)
        except Refusal as refusal:
            return refusal
        except ClientDisconnect:
            return None
        except asyncio.CancelledError:
            return stopping()
        except Exception:  # noqa: BLE001 - a client never sees a traceback, the log does
            LOGGER.exception("the service failed over %s", scope["path"][:LONGEST_PATH])
            return our_fault()
        return None
