"""Strangers' words, as files and pages can hold them and as nobody is steered by them."""

import re
from collections.abc import Collection
from itertools import islice

MOST_LISTED = 12
"""So many names are told in a message."""
MOST_SIGNS = 400
"""Of one line of evidence, where not all is asked for: thousands of copies of a picture stand in one."""
STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What could steer a terminal, begin another line or turn the direction of the text."""


def escaped(text: str) -> str:
    r"""Return text that can be written as UTF-8: bytes of a file name that are no text become escapes.

    Example:
        >>> print(escaped("caf\udce9"))
        caf\udce9
    """
    return text.encode(errors="backslashreplace").decode()


def is_writable(text: str) -> bool:
    """Return whether text can be written as UTF-8; bytes of a file name that are no text can't."""
    return escaped(text) == text


def printable(text: str) -> str:
    r"""Return text with escapes in the place of all that is not printed.

    Example:
        >>> print(printable("a\nb\x1b[31m"))
        a\nb\x1b[31m
    """
    return text if text.isprintable() else "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def shortened(text: str, most: int = 80) -> str:
    """Return a stranger's word as it can stand in a sentence: cut where it is very long.

    Example:
        >>> shortened("a" * 1000, most=3)
        'aaa... (1,000 signs)'
    """
    return text if len(text) <= most else f"{text[:most]}... ({len(text):,} signs)"


def visible(text: str) -> str:
    r"""Return a name with escapes in the place of what could steer a terminal or begin another line.

    Bytes of a file name that are no text stay as they are, so that the name can be copied.

    Example:
        >>> print(visible("a\nb\x1b[31m.png"))
        a\nb\x1b[31m.png
    """
    return STEERING.sub(lambda sign: repr(sign[0])[1:-1], text)


def listed(names: Collection[object], most: int = MOST_LISTED) -> str:
    """Return names as the words of a message hold them: some of them, each brief, and how many more there are.

    Args:
        names: In the order in which they are told.
        most: How many are told, 1 or more.

    Example:
        >>> listed(["ant", "bee", "cat"], 2), listed(["ant"])
        ('ant, bee and 1 more', 'ant')
    """
    more = len(names) - most
    return ", ".join(shortened(str(name)) for name in islice(names, most)) + (f" and {more:,} more" if more > 0 else "")
