"""The result in words: what a reader should take away when they read nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass

from sightline.core.percent import SPACE, percent
from sightline.evaluation.scores import Interval, Scores

UNEVEN = 3
"""From this ratio of the largest to the smallest class on, the class averages lead."""
LONGEST_NAME = 40
"""Keeps a number and its percent sign on one line."""


@dataclass(frozen=True)
class Bar:
    """One share drawn as a bar, with its interval and what to compare it with.

    Args:
        name: What is drawn.
        share: Its value, 0 to 1.
        interval: Its 95 % interval.
        baseline: What one gets without looking, 0 to 1.
        baseline_name: How that is got.
    """

    name: str
    share: float
    interval: Interval
    baseline: float
    baseline_name: str


@dataclass(frozen=True)
class KeyFigure:
    """One figure of the page's top row.

    Args:
        name: The field's name for it.
        value: The figure as text.
        range_words: Its interval as text; empty where there is none.
        meaning: One sentence for a reader who does not know the name.
    """

    name: str
    value: str
    range_words: str
    meaning: str


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


def sizes_differ(scores: Scores) -> bool:
    """Say whether the largest class has over three times the pictures of the smallest that occurs."""
    supports = _supports(scores)
    return max(supports) > UNEVEN * min(supports)


def result_sentences(scores: Scores, *, unseen: bool) -> tuple[str, ...]:
    """State the result: how many were right, how sure that is, and what it has to beat.

    Args:
        scores: The figures.
        unseen: Whether the pictures are the run's own test part, which training never saw.
    """
    right = int(scores.confusion.trace())
    where = f"{pictures(scores.count, 'test ')} it never saw" if unseen else pictures(scores.count)
    result = (
        f"On {where}, it named {right:,} correctly: {percent(scores.accuracy)} "
        f"(95{SPACE}% interval {interval_words(scores.accuracy_interval)})."
    )
    return (result, _against_baseline(scores), *_uneven_words(scores))


def bars(scores: Scores) -> tuple[Bar, ...]:
    """Return the shares to draw, the one to read first in front."""
    accuracy = Bar(
        name="Accuracy",
        share=scores.accuracy,
        interval=scores.accuracy_interval,
        baseline=scores.baseline_accuracy,
        baseline_name="always the largest class in training",
    )
    if not sizes_differ(scores):
        return (accuracy,)
    balanced = Bar(
        name="Balanced accuracy",
        share=scores.balanced_accuracy,
        interval=scores.balanced_accuracy_interval,
        baseline=1 / len(_supports(scores)),
        baseline_name="always the same class",
    )
    return balanced, accuracy


def key_figures(scores: Scores) -> tuple[KeyFigure, ...]:
    """Return the figures of the page's top row, the class averages first when class sizes differ."""
    averages = (
        _average(
            "Balanced accuracy",
            scores.balanced_accuracy,
            interval=scores.balanced_accuracy_interval,
            meaning="The mean of each class's recall: every class counts the same, however small.",
        ),
        _average(
            "Macro F1",
            scores.macro_f1,
            interval=scores.macro_f1_interval,
            meaning="The mean of each class's F1: both missing a class and crying it too often cost.",
        ),
    )
    accuracy = KeyFigure(
        name="Accuracy",
        value=percent(scores.accuracy),
        range_words=interval_words(scores.accuracy_interval),
        meaning="The share of pictures named correctly.",
    )
    leading = (*averages, accuracy) if sizes_differ(scores) else (accuracy, *averages)
    return (*leading, *_top5(scores), _loss(scores))


def _supports(scores: Scores) -> Sequence[int]:
    return [entry.support for entry in scores.per_class if entry.support]


def _against_baseline(scores: Scores) -> str:
    baseline = scores.baseline_accuracy
    name = brief(scores.baseline_class, LONGEST_NAME)
    words = f"Always answering “{name}”, the largest class in training, would give {percent(baseline)}"
    if scores.accuracy_interval[0] > baseline:
        return f"{words}."
    if scores.accuracy_interval[1] < baseline:
        return f"{words}: it does worse than that."
    return f"{words}: on so few pictures it is not clearly better than that."


def _uneven_words(scores: Scores) -> tuple[str, ...]:
    if not sizes_differ(scores):
        return ()
    supports = _supports(scores)
    words = (
        f"The classes differ much in size ({min(supports):,} to {max(supports):,} pictures), so read the "
        f"balanced accuracy first: {percent(scores.balanced_accuracy)}."
    )
    return (words,)


def _average(name: str, share: float, *, interval: Interval, meaning: str) -> KeyFigure:
    """Return a figure with its interval, unless no draw differed: then the interval would only boast."""
    words = interval_words(interval) if interval[0] < interval[1] else ""
    return KeyFigure(name=name, value=percent(share), range_words=words, meaning=meaning)


def _top5(scores: Scores) -> tuple[KeyFigure, ...]:
    if scores.top5 is None:
        return ()
    meaning = f"The truth is among its five best guesses of {len(scores.per_class):,} classes."
    return (KeyFigure(name="Top 5", value=percent(scores.top5), range_words="", meaning=meaning),)


def _loss(scores: Scores) -> KeyFigure:
    meaning = "How surprised it was by the truth, on average; 0 is best, and being surely wrong costs most."
    return KeyFigure(name="Loss", value=f"{scores.loss:.3f}", range_words="", meaning=meaning)
