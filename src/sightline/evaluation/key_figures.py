"""The few numbers that sum a model up."""

from collections.abc import Sequence
from dataclasses import dataclass

from sightline.core.intervals import Interval
from sightline.core.percent import percent
from sightline.evaluation.scores import Scores
from sightline.evaluation.words import interval_words

UNEVEN = 3
"""From this ratio of the largest to the smallest class on, the class averages lead."""


@dataclass(frozen=True)
class KeyFigure:
    """One number that sums a model up.

    Args:
        name: The field's name for it.
        value: As text, with its unit.
        range_words: Its interval as text; empty where there is none.
        meaning: One sentence for a reader who does not know the name.
    """

    name: str
    value: str
    range_words: str
    meaning: str


def key_figures(scores: Scores) -> tuple[KeyFigure, ...]:
    """Return the numbers that sum scores up, the class averages first when class sizes differ."""
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


def sizes_differ(scores: Scores) -> bool:
    """Say whether the largest class has over three times the pictures of the smallest that occurs."""
    counts = class_sizes(scores)
    return max(counts) > UNEVEN * min(counts)


def class_sizes(scores: Scores) -> Sequence[int]:
    """Return the numbers of pictures of the classes that occur."""
    return [entry.support for entry in scores.per_class if entry.support]


def _average(name: str, share: float, *, interval: Interval | None, meaning: str) -> KeyFigure:
    """Return a figure with its interval, if it has one."""
    words = "" if interval is None else interval_words(interval)
    return KeyFigure(name=name, value=percent(share), range_words=words, meaning=meaning)


def _top5(scores: Scores) -> tuple[KeyFigure, ...]:
    if scores.top5 is None:
        return ()
    meaning = f"The truth is among its five best guesses of {len(scores.per_class):,} classes."
    return (KeyFigure(name="Top 5", value=percent(scores.top5), range_words="", meaning=meaning),)


def _loss(scores: Scores) -> KeyFigure:
    meaning = "How surprised it was by the truth, on average; 0 is best, and being surely wrong costs most."
    return KeyFigure(name="Loss", value=f"{scores.loss:.3f}", range_words="", meaning=meaning)
