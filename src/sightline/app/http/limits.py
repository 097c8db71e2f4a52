"""What is taken over HTTP before a request is refused."""

from dataclasses import dataclass

LAST_SECONDS = 5
"""Of a stop: for refusing what was not finished, and for ending the threads."""


@dataclass(frozen=True)
class HttpLimits:
    """The bounds of one process: whatever comes, its memory and its waiting stay within them.

    Args:
        body_bytes: The largest body of a request, 1 or more.
        held_bytes: The bodies of all requests that are in memory at the same time.
        head_bytes: The first line and the headers of a request.
        connections: How many may be open at the same time, 1 or more.
        head_seconds: From a connection, or the first byte of its next request, to the end of the headers.
        read_seconds: From the headers to the end of the body.
        answer_seconds: From the body to the answer.
        idle_seconds: How long a connection is kept for its next request.
        stop_seconds: From the signal to the end of the process, whatever it is doing.
    """

    body_bytes: int = 32 * 2**20
    held_bytes: int = 256 * 2**20
    head_bytes: int = 16 * 2**10
    connections: int = 512
    head_seconds: float = 10
    read_seconds: float = 20
    answer_seconds: float = 30
    idle_seconds: int = 15
    stop_seconds: int = 20

    @property
    def request_seconds(self) -> float:
        """From the end of the headers until the last byte of the answer must have been fetched."""
        return self.read_seconds + self.answer_seconds + self.head_seconds

    @property
    def finish_seconds(self) -> int:
        """How long a stop lets requests go on that were taken; the seconds that are left are for refusing the rest."""
        return max(0, self.stop_seconds - LAST_SECONDS)
