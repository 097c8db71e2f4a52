"""What a request gets that is not answered: a status, what happened, and what to do."""

import json
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

BAD_REQUEST, UNAUTHORISED, FORBIDDEN, NOT_FOUND, TIMED_OUT, CONFLICT, TOO_LARGE = 400, 401, 403, 404, 408, 409, 413
UNKNOWN_KIND, UNREADABLE, OUR_FAULT, BUSY = 415, 422, 500, 503
NOT_MODIFIED, CLIENT_GONE = 304, 499
"""499 stands in the log and the metrics alone: nobody is left to read it."""

encoded = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
"""The JSON of every answer."""


class Refusal(Exception):  # noqa: N818 - it is also what becomes of a single picture
    """A request, or one picture of it, that gets no answer.

    Args:
        status: Of HTTP, 400 to 599.
        problem: What happened, and what was expected.
        hint: What its sender can do about it.
        headers: Those that the answer has besides the usual ones.
    """

    def __init__(self, status: int, problem: str, *, hint: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(problem)
        self.status = status
        self.problem = problem
        self.hint = hint
        self.headers = headers or {}

    def as_json(self) -> dict[str, Any]:
        """Return what stands under ``"error"`` in an answer."""
        return {"status": self.status, "problem": self.problem, "hint": self.hint}

    def response(self) -> Response:
        """Return the whole answer."""
        return Response(self._body(), self.status, media_type="application/json", headers=self.headers)

    def last_message(self) -> bytes:
        """Return the answer as it goes over a connection that ends with it, where there is no request to answer."""
        body = self._body()
        headers = self.headers | {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}", *map(": ".join, headers.items()), "", ""]
        return "\r\n".join(lines).encode("latin-1") + body

    def _body(self) -> bytes:
        return encoded({"error": self.as_json()}).encode()


def our_fault() -> Refusal:
    """Return the refusal of a request over which something went wrong that should not have."""
    return Refusal(OUR_FAULT, "the service failed", hint="its log has the reason")


def stopping() -> Refusal:
    """Return the refusal of a service that ends."""
    return busy("the service is stopping")


def busy(problem: str) -> Refusal:
    """Return the refusal of a service that has too much to do."""
    return Refusal(BUSY, problem, hint="try again in a second", headers={"Retry-After": "1"})
