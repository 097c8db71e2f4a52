"""A request's body: read within bounds, kept in memory alone, and taken apart into pictures."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple, Self
from urllib.parse import unquote_to_bytes

from sightline.app.serving.figures import Gauge
from sightline.app.serving.limits import Limits
from sightline.app.serving.refusals import BAD_REQUEST, TIMED_OUT, TOO_LARGE, UNKNOWN_KIND, Refusal, busy

Receive = Callable[[], Awaitable[Any]]
UNNAMED = "picture"
LONGEST_NAME = 120
LONGEST_BOUNDARY = 200
HOW_TO_SEND = "send a picture as the body with its Content-Type, or pictures as files of multipart/form-data"


class Sent(NamedTuple):
    """One picture as it came.

    Args:
        name: What its sender calls it; a label, never a path.
        payload: A file's bytes.
    """

    name: str
    payload: bytes


class ClientGoneError(Exception):
    """Nobody waits for the answer any more."""


class Body:
    """One request's body; what it holds counts until `release`, or the end of its context.

    Args:
        held: Counts the bytes of all requests together.
        limits: Say how many there may be.
    """

    def __init__(self, held: Gauge, limits: Limits) -> None:
        self._held_by_all, self._limits, self._held = held, limits, 0
        self._pieces: list[bytes] = []

    def __enter__(self) -> Self:
        """Begin to hold."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hold nothing any more."""
        self.release()

    def release(self) -> None:
        """Hold nothing any more."""
        self._held_by_all.add(-self._held)
        self._held = 0

    async def read(self, receive: Receive, *, announced: str | None) -> bytes:
        """Return the whole body.

        Args:
            receive: ASGI's.
            announced: The Content-Length, if there is one.

        Raises:
            Refusal: It is too large (413), too slow (408), or there is no room for it now (503).
            ClientGoneError: The client went away.
        """
        if announced is not None and announced.isdecimal() and int(announced) > self._limits.body_bytes:
            raise self._too_large()
        try:
            async with asyncio.timeout(self._limits.read_seconds):
                await self._collect(receive)
        except TimeoutError as error:
            raise self.too_slow() from error
        return self.whole()

    async def _collect(self, receive: Receive) -> None:
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            more = message.get("more_body", False)
            self.add(message.get("body", b""))

    def add(self, piece: bytes) -> None:
        """Take a piece.

        Raises:
            Refusal: It is too much for this body (413), or for all (503).
        """
        self._pieces.append(piece)
        self._held += len(piece)
        self._held_by_all.add(len(piece))
        if self._held > self._limits.body_bytes:
            raise self._too_large()
        if self._held_by_all.total > self._limits.held_bytes:
            raise busy(f"the pictures that wait have more than {self._limits.held_bytes:,} bytes together")

    def whole(self) -> bytes:
        """Return all pieces as one, and keep none."""
        whole, self._pieces = b"".join(self._pieces), []
        return whole

    def too_slow(self) -> Refusal:
        """Return the refusal of a body that did not come in time."""
        return Refusal(
            TIMED_OUT,
            f"the body did not come within {self._limits.read_seconds:g} seconds",
            hint="send less at once, or over a faster line",
        )

    def _too_large(self) -> Refusal:
        return Refusal(
            TOO_LARGE,
            f"the body has more than {self._limits.body_bytes:,} bytes, the most that is read",
            hint="send smaller pictures, or fewer at once",
        )


def pictures_in(body: bytes, content_type: str, limits: Limits) -> list[Sent]:
    """Return the pictures of a body.

    Args:
        body: Whole.
        content_type: The header: ``image/...``, ``application/octet-stream`` or ``multipart/form-data``.
        limits: Say how many there may be.

    Raises:
        Refusal: It is of another type (415), is no such form (400), or holds too many pictures (413).
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("image/") or kind == "application/octet-stream":
        return [Sent(UNNAMED, body)]
    if kind != "multipart/form-data":
        told = f"has the type {_plain(kind)!r}" if kind else "has no Content-Type"
        raise Refusal(UNKNOWN_KIND, f"the body {told}; expected image/... or multipart/form-data", hint=HOW_TO_SEND)
    sent = [_file(*part) for part in _parts(body, _boundary(content_type), limits.pictures)]
    if not sent:
        raise _no_form("it holds no file")
    return sent


_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]+)"|([^\s;"]+))', re.IGNORECASE)
_DISPOSITION = re.compile(rb"(?:^|\r\n)content-disposition:[ \t]*form-data([^\r]*)", re.IGNORECASE)
_FILENAME = re.compile(rb';\s*filename=(?:"((?:[^"\\]|\\.)*)"(?=\s*(?:;|$))|"([^"]*)"|([^\s;"]+))', re.IGNORECASE)
"""Quoted with backslashes before quotes, as RFC 2183 has it; or with none, as browsers do; or not quoted."""
_ENCODED_FILENAME = re.compile(rb";\s*filename\*=utf-8'[^']*'([^\s;]+)", re.IGNORECASE)


def _boundary(content_type: str) -> bytes:
    found = _BOUNDARY.search(content_type)
    text = (found.group(1) or found.group(2)).encode("latin-1", "replace") if found else b""
    if not 1 <= len(text) <= LONGEST_BOUNDARY:
        raise _no_form("its Content-Type names no boundary")
    return text


def _parts(body: bytes, boundary: bytes, most: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the headers and the content of every part.

    Reference:
        Freed and Borenstein, RFC 2046 (1996), section 5.1.1: a part is what stands between two lines of
        ``--boundary``; the last one is followed by ``--``. https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1
    """
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary, most + 2)  # what is before, the parts, what is after
    if len(pieces) > most + 2:
        raise Refusal(TOO_LARGE, f"the form holds more than {most} files", hint="send them in several requests")
    *pieces, end = pieces
    if not end.startswith(b"--"):
        raise _no_form("its last boundary is missing")
    for piece in pieces[1:]:
        head, gap, content = piece.partition(b"\r\n\r\n")
        if not gap:
            raise _no_form("a part of it has no headers")
        yield head, content


def _file(head: bytes, content: bytes) -> Sent:
    disposition = _DISPOSITION.search(head)
    words = disposition.group(1) if disposition else b""
    encoded, plain = _ENCODED_FILENAME.search(words), _FILENAME.search(words)
    if encoded:
        return Sent(_label(unquote_to_bytes(encoded.group(1))), content)
    if plain:
        return Sent(_label(plain.group(plain.lastindex or 0)), content)
    raise _no_form("a part of it is no file: it has no file name")


def _label(name: bytes) -> str:
    """Return the last part of a sender's file name, short and printable."""
    last = re.split(r"[/\\]", name.decode("utf-8", "replace").rstrip("/\\"))[-1]
    return _plain(last)[:LONGEST_NAME] or UNNAMED


def _plain(text: str) -> str:
    return "".join(sign for sign in text[: 4 * LONGEST_NAME] if sign.isprintable())


def _no_form(reason: str) -> Refusal:
    return Refusal(
        BAD_REQUEST,
        f"the body is no multipart/form-data that can be read: {reason}",
        hint="let a library write the form: curl -F picture=@photo.jpg, or files= of httpx or requests",
    )
