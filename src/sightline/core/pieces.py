"""Many things, a piece at a time: the one way to cut rows so that not all are in memory together."""

from collections.abc import Iterator


def pieces(count: int, size: int) -> Iterator[slice]:
    """Yield the slices of so many things, in order, each of at most `size` of them.

    Args:
        count: How many things there are, 0 or more.
        size: How many a piece holds at most, 1 or more.

    Example:
        >>> [list(range(5)[piece]) for piece in pieces(5, 2)]
        [[0, 1], [2, 3], [4]]
    """
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))
