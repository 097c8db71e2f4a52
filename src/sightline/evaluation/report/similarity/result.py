"""The result of a model that compares: how well it tells same from different, on classes that are new to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.core.percent import SPACE, percent
from sightline.evaluation.key_figures import KeyFigure
from sightline.evaluation.pages.page import fragment
from sightline.evaluation.pairs.clusters import clusters_words
from sightline.evaluation.report.result import Bar
from sightline.evaluation.report.similarity.episodes import task_name, task_words
from sightline.evaluation.similarity.episodes import EpisodeScore
from sightline.evaluation.similarity.verification import Verification
from sightline.evaluation.words import interval_words

if TYPE_CHECKING:
    from markupsafe import Markup

CHANCE = 0.5
"""Of the area, for a distance that says nothing."""


@dataclass(frozen=True, eq=False)
class SimilarityResult:
    """What a reader should take away who reads nothing else.

    Args:
        verification: Of all pairs; None where there were too few.
        episodes: Of every kind that could be drawn, the one to read first in front.
        classes_are_new: Whether the model has learnt from none of these classes.
        readings: How often these pictures have been read so far, this time included.
    """

    key: ClassVar[str] = "result"
    title: ClassVar[str] = "Result"

    verification: Verification | None
    episodes: tuple[EpisodeScore, ...]
    classes_are_new: bool
    readings: int = 1

    def as_json(self) -> dict[str, Any]:
        """Return the words, and whether the classes were new."""
        worth = {"words": list(self.words), "classes_are_new": self.classes_are_new, "readings": self.readings}
        return {"similarity": worth}

    @property
    def words(self) -> tuple[str, ...]:
        """The result in sentences."""
        new = "that it never learnt from" if self.classes_are_new else "that it has learnt: new ones will be harder"
        return (*_episode_words(self.episodes, new), *_verification_words(self.verification, new))

    @property
    def bars(self) -> tuple[Bar, ...]:
        """The first episodes' accuracy as a bar."""
        return tuple(
            Bar(
                f"Right, {each.task.ways}-way {each.task.shots}-shot",
                each.accuracy,
                each.interval,
                1 / each.task.ways,
                "by guessing",
            )
            for each in self.episodes[:1]
        )

    @property
    def figures(self) -> tuple[KeyFigure, ...]:
        """The numbers that sum the model up."""
        return similarity_figures(self.verification, self.episodes)

    def html(self) -> "Markup":
        """Return sentences, a bar and key figures."""
        return fragment("report/similarity/result.html.jinja", section=self)


def similarity_figures(verification: Verification | None, episodes: Sequence[EpisodeScore]) -> tuple[KeyFigure, ...]:
    """Return the numbers that sum a model up."""
    named = tuple(
        KeyFigure(
            task_name(each.task),
            percent(each.accuracy),
            interval_words(each.interval),
            f"Named rightly, {task_words(each.task)}.",
        )
        for each in episodes[:2]
    )
    return (*named, *(() if verification is None else _pair_figures(verification)))


def _pair_figures(verification: Verification) -> tuple[KeyFigure, ...]:
    first = verification.accepted[0]
    return (
        KeyFigure(
            "Equal error rate",
            percent(verification.equal_error),
            interval_words(verification.equal_error_interval),
            "At the distance where like pairs are refused as often as unlike ones are let in.",
        ),
        KeyFigure(
            f"True acceptance at {percent(first.false_rate)}",
            percent(first.true_rate),
            interval_words(first.interval),
            f"Like pairs found where {percent(first.false_rate)} of the unlike ones are let in.",
        ),
    )


def _episode_words(episodes: Sequence[EpisodeScore], new: str) -> tuple[str, ...]:
    if not episodes:
        return ("There were too few classes or pictures to ask about one class among several.",)
    first = episodes[0]
    counted = clusters_words(first.classes, first.groups)
    words = (
        f"Of {first.trials:,} pictures of {counted} {new}, it named {percent(first.accuracy)} rightly "
        f"{task_words(first.task)} (95{SPACE}% interval {interval_words(first.interval)}); guessing would name "
        f"{percent(1 / first.task.ways)}."
    )
    return (words,)


def _verification_words(verification: Verification | None, new: str) -> tuple[str, ...]:
    if verification is None:
        return ("There were too few classes with two pictures to say same from different.",)
    low, high = verification.equal_error_interval
    counted = clusters_words(verification.classes, verification.groups)
    words = (
        f"Of two pictures of {counted} {new}, it says same or different wrongly in "
        f"{percent(verification.equal_error)} at the distance {verification.equal_error_distance:.2f} "
        f"(95{SPACE}% interval {interval_words((low, high))}, over {'groups' if verification.groups else 'classes'})."
    )
    return (words,)
