"""What a process that answers says to its keeper: that it is ready, or why it can't be; plain words, never objects."""

import json
import traceback

from sightline.core import errors
from sightline.core.errors import SightlineError

READY = b"ready\n"


class ProcessError(Exception):
    """A process failed over a mistake of ours; it holds that one's traceback."""


def complaint(error: Exception) -> bytes:
    """Return an error in words."""
    if isinstance(error, SightlineError):
        return json.dumps({"kind": type(error).__name__, "problem": error.problem, "hint": error.hint}).encode()
    return json.dumps({"kind": None, "problem": "".join(traceback.format_exception(error))}).encode()


def error_in(words: bytes) -> SightlineError | ProcessError | None:
    """Return the error that a process told, or None if it told none."""
    try:
        told = json.loads(words.removeprefix(READY))
    except ValueError:
        return None
    if told["kind"] is None:
        return ProcessError(told["problem"])
    error: SightlineError = getattr(errors, told["kind"])(told["problem"], hint=told["hint"])
    return error
