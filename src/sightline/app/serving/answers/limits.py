"""How many pictures are taken before a request is refused."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PictureLimits:
    """The bounds of one process.

    Args:
        pictures: The most of one request, 1 or more.
        explained: The most of one request whose heat is asked for.
        queue: The most that wait for one model or are being answered.
    """

    pictures: int = 64
    explained: int = 8
    queue: int = 512
