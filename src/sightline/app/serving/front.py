"""What every request passes before and after the application: the doors, the log, the figures."""

import asyncio
import hmac
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from sightline.app.serving.bodies import ClientGoneError
from sightline.app.serving.log import Log
from sightline.app.serving.metrics import NO_MODEL, Metrics
from sightline.app.serving.refusals import (
    BAD_REQUEST,
    CLIENT_GONE,
    FORBIDDEN,
    TIMED_OUT,
    UNAUTHORISED,
    Refusal,
    our_fault,
    stopping,
)

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LINGER_SECONDS = 2.0
"""How long a refused request's body is still listened to, so that its sender stops writing and reads the answer."""
LONGEST_PATH = 200
ALWAYS = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
NO_STORE = (b"cache-control", b"no-store")
CLOSE = (b"connection", b"close")
NO_MORE: Mapping[str, str] = MappingProxyType({})
GUARDED = ("/v1/", "/metrics")
SAFE_METHODS = ("GET", "HEAD")
_HOST = re.compile(r"(\[[^\]]+\]|[^:]+?)\.?(?::\d+)?")


@dataclass(frozen=True)
class Doors:
    """Who may come in.

    Args:
        token: What must stand behind ``Authorization: Bearer``, or None where nobody is asked.
        hosts: What the service may be called, lower case, without the port; empty where any name will do.
    """

    token: str | None
    hosts: frozenset[str]

    def check(self, method: str, path: str, headers: dict[bytes, bytes]) -> None:
        """Look at a request's headers.

        Raises:
            Refusal: It is meant for another host (400), comes from another site's page (403), or lacks the
                token (401).
        """
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if self.hosts:
            self._require_host(host)
        if method not in SAFE_METHODS:
            _require_same_site(host, headers)
        if self.token is not None and (path + "/").startswith(GUARDED):
            self._require_token(headers.get(b"authorization", b""))

    def _require_host(self, host: str) -> None:
        """Keep out a page of a stranger whose name was made to point here.

        Reference:
            Jackson, Barth, Bortz, Shao and Boneh, "Protecting Browsers from DNS Rebinding Attacks" (2007),
            section 5.1: check the Host header. https://crypto.stanford.edu/dns/dns-rebinding.pdf
        """
        named = _HOST.fullmatch(host)
        if named is None or named.group(1) not in self.hosts:
            raise Refusal(
                BAD_REQUEST,
                f"the Host header says {host[:LONGEST_PATH]!r}; expected {', '.join(sorted(self.hosts))}",
                hint="call it by such a name, or give it a --token-file: then any name will do",
            )

    def _require_token(self, given: bytes) -> None:
        scheme, _, token = given.partition(b" ")
        expected = (self.token or "").encode()
        if scheme.lower() != b"bearer" or not hmac.compare_digest(token.strip(), expected):
            raise Refusal(
                UNAUTHORISED,
                "the token is missing or wrong",
                hint="send the header: Authorization: Bearer TOKEN",
                headers={"WWW-Authenticate": 'Bearer realm="sightline"'},
            )


def _require_same_site(host: str, headers: dict[bytes, bytes]) -> None:
    """Keep out what a stranger's page sends from its reader's browser; programs send no such headers."""
    site = headers.get(b"sec-fetch-site", b"none").decode("latin-1")
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    if site not in ("none", "same-origin") or (origin and origin.partition("://")[2] != host):
        raise Refusal(
            FORBIDDEN,
            f"the request comes from another site's page: {origin[:LONGEST_PATH] or site}",
            hint="ask from the service's own page, or from a program",
        )


class Visited(Protocol):
    """What is written down of a request; no status means that nobody waited for the answer."""

    method: str
    path: str
    started: float
    model: str
    pictures: int
    status: int


class Visit:
    """One request from its headers to the end of its answer.

    Args:
        scope: ASGI's.
        receive: ASGI's; the application is given `receive` of this.
        send: ASGI's; the application is given `send` of this.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.method, self.path, self.started = scope["method"], scope["path"], time.perf_counter()
        self.model, self.pictures, self.status = NO_MODEL, 0, 0
        self._scope, self._receive, self._send = scope, receive, send
        self._more_body = b"transfer-encoding" in self.headers or self.headers.get(b"content-length", b"0") != b"0"

    @property
    def lost(self) -> asyncio.Future[None]:
        """Done when nobody waits for the answer any more."""
        lost: asyncio.Future[None] = self._scope["lost"]
        return lost

    async def receive(self) -> Message:
        """Pass on a piece of the body."""
        message = await self._receive()
        self._more_body = message["type"] == "http.request" and bool(message.get("more_body", False))
        return message

    async def send(self, message: Message) -> None:
        """Pass on a piece of the answer; where the body was not read to its end, it is the connection's last."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message["headers"], *ALWAYS]
            if NO_STORE[0] not in dict(headers):
                headers.append(NO_STORE)
            await self._send({**message, "headers": [*headers, CLOSE] if self._more_body else headers})
        elif self._more_body and self.status != TIMED_OUT and not message.get("more_body", False):
            await self._send({**message, "more_body": True})
            await self._hear_out()
            await self._send({"type": "http.response.body", "body": b""})
        else:
            await self._send(message)

    async def refuse(self, refusal: Refusal) -> None:
        """Answer with a refusal, unless another answer has begun."""
        if not self.status:
            await self.answer(refusal.status, refusal.body(), refusal.headers)

    async def answer(self, status: int, body: bytes, headers: Mapping[str, str] = NO_MORE) -> None:
        """Answer with JSON.

        Args:
            status: The HTTP status.
            body: Whole.
            headers: More than those of every answer.
        """
        raw = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        raw += [(key.lower().encode(), value.encode("latin-1", "replace")) for key, value in headers.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": raw})
        await self.send({"type": "http.response.body", "body": body})

    async def _hear_out(self) -> None:
        """Drop the rest of the body for a while: closing at once would destroy the answer on its way."""
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while self._more_body:
                    await self.receive()
        except TimeoutError:
            pass


class Front:
    """The application's outermost layer.

    Args:
        application: What answers.
        doors: Who may come in.
        log: Gets a line a request.
        metrics: Counts the requests.
    """

    def __init__(self, application: Application, doors: Doors, log: Log, metrics: Metrics) -> None:
        self._application, self._log, self._metrics = application, log, metrics
        self.doors, self.report = doors, log.report

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        visit = Visit(scope, receive, send)
        scope["visit"] = visit
        try:
            self.doors.check(visit.method, visit.path, visit.headers)
            await self._application(scope, visit.receive, visit.send)
        except Refusal as refusal:
            await visit.refuse(refusal)
        except ClientGoneError:
            pass  # `write_down` says so
        except asyncio.CancelledError:
            await visit.refuse(stopping())
        except Exception as error:  # noqa: BLE001 - a client never sees a traceback, the log does
            self.report(error)
            await visit.refuse(our_fault())
        finally:
            self.write_down(visit)

    def write_down(self, visit: Visited) -> None:
        """Put a request that is over into the log and the figures."""
        status, seconds = visit.status or CLIENT_GONE, time.perf_counter() - visit.started
        self._metrics.request(visit.model, status, seconds)
        counted = f" {visit.pictures} picture{'s' if visit.pictures > 1 else ''}" if visit.pictures else ""
        self._log.say(f"{visit.method} {visit.path[:LONGEST_PATH]} {status}{counted} {1000 * seconds:.1f} ms")


def local_names(host: str) -> Iterable[str]:
    """Return what a service on this machine alone may be called."""
    return {"localhost", "127.0.0.1", "[::1]", f"[{host}]" if ":" in host else host.lower()}
