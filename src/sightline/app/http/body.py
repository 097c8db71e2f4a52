"""A request's body: read within bounds, and kept in memory alone."""

from collections.abc import AsyncGenerator
from typing import Self

from starlette.requests import Request

from sightline.app.http.limits import HttpLimits
from sightline.app.http.refusal import TOO_LARGE, Refusal, busy


class BodyMemory:
    """Counts the bytes of all bodies that a process has in memory.

    Args:
        limits: Say how many there may be.
    """

    def __init__(self, limits: HttpLimits) -> None:
        self.limits, self.held = limits, 0


class Body:
    """One request's body; what it holds counts until the end of its context.

    Args:
        request: Its headers have come; nothing of the body has been read.
        memory: Shared by all bodies.
    """

    def __init__(self, request: Request, memory: BodyMemory) -> None:
        self.headers, self.limits = request.headers, memory.limits
        self._request, self._memory, self._held = request, memory, 0

    def __enter__(self) -> Self:
        """Hold nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hold nothing any more."""
        self._memory.held -= self._held

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield the body as it comes.

        Raises:
            Refusal: It is too large (413), or there is no room for it now (503).
            ClientDisconnect: The client went away.
        """
        length = self.headers.get("content-length", "")
        if length.isdecimal() and int(length) > self.limits.body_bytes:
            raise self._too_large()
        async for piece in self._request.stream():
            self._held += len(piece)
            self._memory.held += len(piece)
            if self._held > self.limits.body_bytes:
                raise self._too_large()
            if self._memory.held > self.limits.held_bytes:
                raise busy(f"the pictures that wait have more than {self.limits.held_bytes:,} bytes together")
            yield piece

    def _too_large(self) -> Refusal:
        return Refusal(
            TOO_LARGE,
            f"the body has more than {self.limits.body_bytes:,} bytes, the most that is read",
            hint="send smaller pictures, or fewer at once",
        )
