"""Which classes are taken for which."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.confusion import heat_cells, heat_picture, most_confused
from sightline.evaluation.pages.page import fragment
from sightline.evaluation.scores import Scores

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_NUMBERED = 20
"""With more classes the matrix becomes a picture without numbers."""
MOST_PAIRS = 10


@dataclass(frozen=True, eq=False)
class Confusion:
    """The confusion matrix and its worst pairs; the result has the JSON of it."""

    key: ClassVar[str] = "confusion"
    title: ClassVar[str] = "What is taken for what"

    scores: Scores

    def as_json(self) -> dict[str, Any]:
        """Return nothing: the matrix is among the result's scores."""
        return {}

    def html(self) -> "Markup":
        """Return the matrix, and a table of the pairs that are most confused."""
        matrix, classes = self.scores.confusion, tuple(entry.name for entry in self.scores.per_class)
        numbered = len(classes) <= MOST_NUMBERED
        return fragment(
            "report/confusion.html.jinja",
            section=self,
            classes=classes,
            cells=heat_cells(matrix) if numbered else (),
            heat="" if numbered else heat_picture(matrix),
            pairs=most_confused(matrix, classes, MOST_PAIRS),
        )
