"""Precision, recall and F1 of each class."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.pages.page import fragment
from sightline.evaluation.scores import ClassScores, Scores

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_CLASSES = 20
"""With more, the table opens with so many of the weakest."""

Rows = Sequence[tuple[int, ClassScores]]


@dataclass(frozen=True, eq=False)
class Classes:
    """How each class fared; the result has the JSON of it."""

    key: ClassVar[str] = "classes"
    title: ClassVar[str] = "Class by class"

    scores: Scores

    def as_json(self) -> dict[str, Any]:
        """Return nothing: the scores are the result's."""
        return {}

    def html(self) -> "Markup":
        """Return the table of all classes, below that of the weakest ones if there are many."""
        rows = list(enumerate(self.scores.per_class))
        return fragment(
            "report/classes.html.jinja",
            section=self,
            rows=rows,
            weakest=_weakest(rows) if len(rows) > MOST_CLASSES else (),
            answers=self.scores.confusion.sum(axis=0).tolist(),
            worst_recall=_worst_recall(self.scores),
        )


def _worst_recall(scores: Scores) -> float | None:
    """Return the lowest recall of the classes that occur; None when all are perfect."""
    lowest = min(entry.recall for entry in scores.per_class if entry.support)
    return lowest if lowest < 1 else None


def _weakest(rows: Rows) -> Rows:
    present = [(index, entry) for index, entry in rows if entry.support]
    return sorted(present, key=lambda pair: pair[1].recall)[:MOST_CLASSES]
