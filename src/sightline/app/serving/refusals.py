"""What the service says when it can't answer: a status, what happened, and what to do."""

import json
from typing import Any

from PIL import UnidentifiedImageError

from sightline.core.errors import PictureError

BAD_REQUEST, UNAUTHORISED, FORBIDDEN, NOT_FOUND, TIMED_OUT, TOO_LARGE = 400, 401, 403, 404, 408, 413
UNKNOWN_KIND, UNREADABLE, TOO_LONG_A_HEAD, OUR_FAULT, BUSY = 415, 422, 431, 500, 503
OK, NOT_MODIFIED, CLIENT_GONE = 200, 304, 499
"""499 stands in the log and the metrics alone: nobody is left to read it."""

encoded = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
"""The JSON of every answer."""


class Refusal(Exception):  # noqa: N818 - it is also what becomes of a picture
    """A request, or one picture of it, that gets no answer.

    Args:
        status: The HTTP status.
        problem: What happened, and what was expected.
        hint: What to do about it.
        headers: More headers of the answer.
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

    def body(self) -> bytes:
        """Return the whole answer, as JSON."""
        return encoded({"error": self.as_json()}).encode()


def refused(error: PictureError) -> Refusal:
    """Return why a picture gets no answer: 415 if it is no picture of a known kind, 422 if it can't be read."""
    unknown = isinstance(error.__cause__, UnidentifiedImageError)
    return Refusal(UNKNOWN_KIND if unknown else UNREADABLE, error.problem, hint=error.hint)


def our_fault() -> Refusal:
    """Return the refusal of a request over which something went wrong that should not have."""
    return Refusal(OUR_FAULT, "the service failed", hint="its log has the reason")


def stopping() -> Refusal:
    """Return the refusal of a service that ends."""
    return busy("the service is stopping")


def busy(problem: str) -> Refusal:
    """Return the refusal of a service that has too much to do."""
    return Refusal(BUSY, problem, hint="try again in a second", headers={"Retry-After": "1"})
