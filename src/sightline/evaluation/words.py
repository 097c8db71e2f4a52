"""Numbers and names as words, the same on every page and in every message."""

from sightline.core.intervals import Interval
from sightline.core.percent import SPACE, percent


def interval_words(interval: Interval) -> str:
    """Return an interval as text, such as ``94.3 to 98.5 %``."""
    low, high = (percent(end) for end in interval)
    return f"{low.removesuffix(f'{SPACE}%')} to {high}"


def brief(name: str, limit: int) -> str:
    """Return a name with its middle left out when it is longer than ``limit`` characters.

    Example:
        >>> brief("abcdefghij", 5)
        'ab…ij'
    """
    if len(name) <= limit:
        return name
    half = (limit - 1) // 2
    return f"{name[: limit - 1 - half]}…{name[-half:]}"


def duration(seconds: float) -> str:
    """Return a length of time as text.

    Example:
        >>> duration(7.25), duration(125), duration(7320)
        ('7.2 seconds', '2 min 5 s', '2 h 2 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{seconds:.1f} seconds"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def pictures(count: int, kind: str = "") -> str:
    """Return a number of pictures as text, of a ``kind`` such as ``"test "``."""
    return f"{count:,} {kind}picture{'' if count == 1 else 's'}"


def points_words(difference: float, interval: Interval) -> str:
    r"""Return what one share is more than another as text, with its interval.

    There are enough digits to round none of the numbers away.

    Args:
        difference: -1 to 1, above zero where the one is better.
        interval: The 95 % interval of the difference.

    Example:
        >>> points_words(0.12, (0.056, 0.184)), points_words(0.0, (-0.01, 0.01))
        ('12.0 points (95\xa0%: 5.6 to 18.4) better', 'both are right equally often')
    """
    if not difference:
        return "both are right equally often"
    low, high = interval
    shares = (difference, low, high) if difference > 0 else (-difference, -high, -low)
    for digits in range(1, 5):
        texts = [f"{100 * share:.{digits}f}" for share in shares]
        if all(float(text) or not share for text, share in zip(texts, shares, strict=True)):
            break
    better = "better" if difference > 0 else "worse"
    return f"{texts[0]} points (95{SPACE}%: {texts[1]} to {texts[2]}) {better}"
