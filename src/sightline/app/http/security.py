"""Who may ask: requests under a foreign name, from another site's page or without the token are refused."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from starlette.types import ASGIApp, Receive, Scope, Send

from sightline.app.http.refusal import BAD_REQUEST, FORBIDDEN, UNAUTHORISED, Refusal

LONGEST_SHOWN = 200
"""Signs of a stranger's header that an answer repeats."""
PROTECTED = ("/v1/", "/metrics/", "/openapi.json/")
SAFE_METHODS = ("GET", "HEAD")
_HOST = re.compile(r"(\[[^\]]+\]|[^:]+?)\.?(?::\d+)?")


@dataclass(frozen=True)
class AccessRules:
    """Who may ask.

    Args:
        token: What must stand behind ``Authorization: Bearer``, or None where nobody is asked.
        hosts: What the service may be called, lower case, without the port; empty where any name will do.
    """

    token: str | None
    hosts: frozenset[str]

    @classmethod
    def of(cls, host: str, token: str | None) -> Self:
        """Return the rules of a service: without a token, only who calls it by a local name may ask.

        Args:
            host: Where it listens, as the user wrote it.
            token: At least 16 letters, or None.
        """
        if token is not None:
            return cls(token, frozenset())
        own = f"[{host}]" if ":" in host else host.lower()
        return cls(None, frozenset({"localhost", "127.0.0.1", "[::1]", own}))

    def check(self, method: str, path: str, headers: Mapping[bytes, bytes]) -> None:
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
        if self.token is not None and (path + "/").startswith(PROTECTED):
            self._require_token(self.token, headers.get(b"authorization", b""))

    def _require_host(self, host: str) -> None:
        """Refuse a page of a stranger whose name was made to point here.

        Reference:
            Jackson, Barth, Bortz, Shao and Boneh, "Protecting Browsers from DNS Rebinding Attacks" (2007),
            section 5.1: check the Host header. https://crypto.stanford.edu/dns/dns-rebinding.pdf
        """
        match = _HOST.fullmatch(host)
        if match is None or match.group(1) not in self.hosts:
            raise Refusal(
                BAD_REQUEST,
                f"the Host header says {host[:LONGEST_SHOWN]!r}; expected {', '.join(sorted(self.hosts))}",
                hint="call it by such a name, or give it a --token-file: then any name will do",
            )

    def _require_token(self, token: str, authorization: bytes) -> None:
        scheme, _, credentials = authorization.partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(credentials.strip(), token.encode()):
            raise Refusal(
                UNAUTHORISED,
                "the token is missing or wrong",
                hint="send the header: Authorization: Bearer TOKEN",
                headers={"WWW-Authenticate": 'Bearer realm="sightline"'},
            )


def _require_same_site(host: str, headers: Mapping[bytes, bytes]) -> None:
    """Refuse what a stranger's page sends from its reader's browser; programs send no such headers."""
    site = headers.get(b"sec-fetch-site", b"none").decode("latin-1")
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    if site not in ("none", "same-origin") or (origin and origin.partition("://")[2] != host):
        raise Refusal(
            FORBIDDEN,
            f"the request comes from another site's page: {origin[:LONGEST_SHOWN] or site}",
            hint="ask from the service's own page, or from a program",
        )


class SecurityMiddleware:
    """Asks the rules before the application sees a request; what they refuse it raises."""

    def __init__(self, app: ASGIApp, rules: AccessRules) -> None:
        self._app, self._rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request that may ask.

        Raises:
            Refusal: It may not; see `AccessRules.check`.
        """
        if scope["type"] == "http":
            self._rules.check(scope["method"], scope["path"], dict(scope["headers"]))
        await self._app(scope, receive, send)
