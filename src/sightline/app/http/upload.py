"""The files of a request: one as its body, or many in a form."""

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import NamedTuple

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from sightline.app.http.body import Body
from sightline.app.http.refusal import BAD_REQUEST, TIMED_OUT, TOO_LARGE, UNKNOWN_KIND, Refusal

UNNAMED = "picture"
LONGEST_NAME = 120
HOW_TO_SEND = "send a picture as the body with its Content-Type, or pictures as files of multipart/form-data"


class Upload(NamedTuple):
    """One file as it came.

    Args:
        name: What its sender calls it: a label of at most 120 signs, never a path.
    """

    name: str
    payload: bytes


class FormParser(MultiPartParser):
    """Starlette's parser of forms, which keeps files in memory, counts them, and misses the end of a form cut short.

    Args:
        body: Its pieces are parsed as they come.
        most_files: How many it may hold, 1 or more.
    """

    spool_max_size = 0  # no size at which a file goes to disk; `Body` bounds all of them together

    def __init__(self, body: Body, most_files: int) -> None:
        super().__init__(body.headers, self._pieces_of(body), max_files=most_files, max_fields=0)
        self._most_files, self._parts, self._is_whole = most_files, 0, False

    def on_part_begin(self) -> None:
        """Count a file.

        Raises:
            Refusal: There are too many (413).
        """
        self._parts += 1
        if self._parts > self._most_files:
            problem = f"the form holds more than {self._most_files} files"
            raise Refusal(TOO_LARGE, problem, hint="send them in several requests")
        super().on_part_begin()

    def on_end(self) -> None:
        """Note that the last boundary has come: without it the last file may be cut short."""
        self._is_whole = True

    async def _pieces_of(self, body: Body) -> AsyncGenerator[bytes, None]:
        async for piece in body.pieces():
            yield piece
        if not self._is_whole:
            raise MultiPartException("its last boundary is missing")


async def uploads_in(body: Body, most_files: int) -> list[Upload]:
    """Read the files of a request.

    Args:
        body: Of the type ``image/...``, ``application/octet-stream`` or ``multipart/form-data``.
        most_files: How many it may hold, 1 or more.

    Raises:
        Refusal: It is of another type (415), is no such form (400), holds too many files (413) or does not come in
            time (408); or the body can't be taken, see `Body`.
        ClientDisconnect: The client went away.
    """
    kind = body.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        async with asyncio.timeout(body.limits.read_seconds):
            if kind.startswith("image/") or kind == "application/octet-stream":
                return [Upload(UNNAMED, b"".join([piece async for piece in body.pieces()]))]
            if kind == "multipart/form-data":
                return await _files_of_form(body, most_files)
    except TimeoutError as error:
        raise Refusal(
            TIMED_OUT,
            f"the body did not come within {body.limits.read_seconds:g} seconds",
            hint="send less at once, or over a faster line",
            headers={"Connection": "close"},
        ) from error
    problem = f"the body has the type {_plain(kind)!r}" if kind else "the body has no Content-Type"
    raise Refusal(UNKNOWN_KIND, f"{problem}; expected image/... or multipart/form-data", hint=HOW_TO_SEND)


async def _files_of_form(body: Body, most_files: int) -> list[Upload]:
    try:
        form = await FormParser(body, most_files).parse()
    except MultiPartException as error:
        raise _no_form(error.message) from error
    files = [file for _, file in form.multi_items() if isinstance(file, UploadFile)]
    uploads = [Upload(_label(file.filename or ""), await file.read()) for file in files]
    await form.close()
    if not uploads:
        raise _no_form("it holds no file")
    return uploads


def _label(name: str) -> str:
    """Return the last part of a sender's file name, short and printable."""
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    return _plain(last)[:LONGEST_NAME] or UNNAMED


def _plain(text: str) -> str:
    return "".join(sign for sign in text[: 4 * LONGEST_NAME] if sign.isprintable())


def _no_form(reason: str) -> Refusal:
    return Refusal(
        BAD_REQUEST,
        f"the body is no multipart/form-data that can be read: {reason}",
        hint="let a library write the form: curl -F picture=@photo.jpg, or files= of httpx or requests",
    )
