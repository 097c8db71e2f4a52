"""What the service takes before it says no."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The bounds of one service; whatever comes, its memory, threads and waiting stay within them.

    Args:
        body_bytes: Of one request.
        pictures: Of one request.
        explained: Pictures of one request that want to be explained.
        queue: Pictures of one model that wait or are being answered.
        connections: Open at the same time.
        head_seconds: From a connection, or from the first byte of its next request, to the end of the headers.
        read_seconds: To the end of the body.
        answer_seconds: From the body to the answer.
        idle_seconds: How long a connection is kept for its next request.
        stop_seconds: How long a stop waits for what was taken.
        head_bytes: Of a request's first line and headers.
        held_bytes: Of the bodies of all requests together.
    """

    body_bytes: int = 32 * 2**20
    pictures: int = 64
    explained: int = 8
    queue: int = 512
    connections: int = 512
    head_seconds: float = 10
    read_seconds: float = 20
    answer_seconds: float = 30
    idle_seconds: int = 15
    stop_seconds: int = 20
    head_bytes: int = 16 * 2**10
    held_bytes: int = 256 * 2**20

    @property
    def request_seconds(self) -> float:
        """From the end of the headers until the last byte of the answer must have been fetched."""
        return self.read_seconds + self.answer_seconds + self.head_seconds
