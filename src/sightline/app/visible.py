"""Strangers' words on a terminal or in a line of text."""

import re

STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What could steer a terminal, begin another line or turn the direction of the text."""


def visible(text: str) -> str:
    r"""Return a name with escapes in the place of what could steer a terminal or begin another line.

    Bytes of a file name that are no text stay as they are, so that the name can be copied.

    Example:
        >>> print(visible("a\nb\x1b[31m.png"))
        a\nb\x1b[31m.png
    """
    return STEERING.sub(lambda sign: repr(sign[0])[1:-1], text)
