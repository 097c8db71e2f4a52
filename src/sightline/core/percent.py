"""The one way in which a share becomes a percentage."""

SPACE = "\u00a0"
"""No line ends between a number and its sign."""


def percent(share: float) -> str:
    r"""Return a share as text, never rounding a mistake away.

    Args:
        share: From 0 to 1.

    Example:
        >>> percent(0.9704), percent(0.99993)
        ('97.0\xa0%', '99.99\xa0%')
    """
    for digits in range(1, 5):
        text = f"{100 * share:.{digits}f}"
        if share in (0, 1) or float(text) not in (0, 100):
            break
    return f"{text}{SPACE}%"
