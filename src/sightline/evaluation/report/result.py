"""The result: what a reader should take away who reads nothing else."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.core.intervals import Interval
from sightline.core.percent import SPACE, percent
from sightline.evaluation.key_figures import class_sizes, key_figures, sizes_differ
from sightline.evaluation.pages.page import fragment
from sightline.evaluation.report.overlap import Overlap
from sightline.evaluation.score_verdict import LONGEST_NAME, judge_scores
from sightline.evaluation.scores import Scores
from sightline.evaluation.verdict import Verdict
from sightline.evaluation.words import brief, interval_words, pictures

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_NAMED = 5
"""Of the classes that the figures do not speak of."""
LARGEST_CLASS = "always the largest class in training"


@dataclass(frozen=True)
class Bar:
    """One share drawn as a bar, with its interval and what to compare it with.

    Args:
        name: What is drawn, such as ``"Accuracy"``.
        share: How long the bar is, 0 to 1.
        interval: The 95 % interval of the share, or None.
        baseline: What one gets without looking, 0 to 1.
        baseline_name: How that is got.
    """

    name: str
    share: float
    interval: Interval | None
    baseline: float
    baseline_name: str


@dataclass(frozen=True, eq=False)
class Result:
    """How many pictures were named rightly, how sure that is, and what it has to beat.

    Args:
        scores: Of the pictures that the report is on.
        readings: How often these pictures have been read so far, this time included.
        unseen: Whether they are the run's own test part, which training never saw.
        overlap: How many of the pictures the model has seen before; None for a run's own test part.
    """

    key: ClassVar[str] = "result"
    title: ClassVar[str] = "Result"

    scores: Scores
    readings: int
    unseen: bool
    overlap: Overlap | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the scores, how many of the pictures the model has seen before, and whether it is worth using."""
        overlap = None if self.overlap is None else self.overlap.as_json()
        worth = None if self.worth is None else asdict(self.worth)
        return {"test": self.scores.as_json() | {"readings": self.readings}, "overlap": overlap, "worth": worth}

    @property
    def worth(self) -> Verdict | None:
        """What to know before anything else, if the model does no better than always giving one answer."""
        return judge_scores(self.scores)

    def html(self) -> "Markup":
        """Return sentences, bars and key figures."""
        return fragment(
            "report/result.html.jinja",
            section=self,
            sentences=result_sentences(self.scores, unseen=self.unseen),
            bars=bars(self.scores),
            figures=key_figures(self.scores),
        )


def result_sentences(scores: Scores, *, unseen: bool) -> tuple[str, ...]:
    """State the result: how many were right, how sure that is, and what it has to beat.

    Args:
        scores: Of the pictures that the report is on.
        unseen: Whether they are the run's own test part, which training never saw.
    """
    right = int(scores.confusion.trace())
    where = f"{pictures(scores.count, 'test ')} it never saw" if unseen else pictures(scores.count)
    result = (
        f"On {where}, it named {right:,} correctly: {percent(scores.accuracy)} "
        f"(95{SPACE}% interval {interval_words(scores.accuracy_interval)})."
    )
    return (result, *untested_words(scores), _against_baseline(scores), *_uneven_words(scores))


def untested_words(scores: Scores) -> tuple[str, ...]:
    """Say of which classes the figures do not speak, as one sentence; none if every class has a picture."""
    untested = [f"“{brief(entry.name, LONGEST_NAME)}”" for entry in scores.per_class if not entry.support]
    if not untested:
        return ()
    named = ", ".join(untested[:MOST_NAMED]) + (
        f" and {len(untested) - MOST_NAMED:,} more" if len(untested) > MOST_NAMED else ""
    )
    count = len(scores.per_class)
    words = f"These figures speak of {count - len(untested):,} of {count:,} classes: there was no picture of {named}."
    return (words,)


def bars(scores: Scores) -> tuple[Bar, ...]:
    """Return the shares to draw, the one to read first in front."""
    accuracy = Bar(
        name="Accuracy",
        share=scores.accuracy,
        interval=scores.accuracy_interval,
        baseline=scores.baseline_accuracy,
        baseline_name=LARGEST_CLASS,
    )
    if not sizes_differ(scores):
        return (accuracy,)
    balanced = Bar(
        name="Balanced accuracy",
        share=scores.balanced_accuracy,
        interval=scores.balanced_accuracy_interval,
        baseline=1 / len(class_sizes(scores)),
        baseline_name="always the same class",
    )
    return balanced, accuracy


def _against_baseline(scores: Scores) -> str:
    baseline = scores.baseline_accuracy
    name = brief(scores.baseline_class, LONGEST_NAME)
    words = f"Always answering “{name}”, the largest class in training, would give {percent(baseline)}"
    if scores.accuracy_interval[0] > baseline:
        return f"{words}."
    if scores.accuracy <= baseline:
        return f"{words}: it does {'worse' if scores.accuracy < baseline else 'no better'} than that."
    return f"{words}: on so few pictures it is not clearly better than that."


def _uneven_words(scores: Scores) -> tuple[str, ...]:
    if not sizes_differ(scores):
        return ()
    counts = class_sizes(scores)
    words = (
        f"The classes differ much in size ({min(counts):,} to {max(counts):,} pictures), so read the "
        f"balanced accuracy first: {percent(scores.balanced_accuracy)}."
    )
    return (words,)
