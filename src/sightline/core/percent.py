"""The one way in which a share becomes a percentage."""

SPACE = "\u00a0"
"""No line ends between a number and its sign."""
MOST_DIGITS = 8
"""After the point; what is still 0 or 100 then is as good as that."""


def percent(share: float) -> str:
    r"""Return a share as text with one digit, or as many as tell it from nothing and from all.

    Args:
        share: From 0 to 1.

    Example:
        >>> percent(0.9704), percent(0.99993), percent(0.9999999)
        ('97.0\xa0%', '99.99\xa0%', '99.99999\xa0%')
    """
    for digits in range(1, MOST_DIGITS + 1):
        text = f"{100 * share:.{digits}f}"
        if share in (0, 1) or float(text) not in (0, 100):
            break
    return f"{text}{SPACE}%"
