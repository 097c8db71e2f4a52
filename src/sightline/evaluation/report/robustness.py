"""How the model fares on damaged pictures."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.breakdown.robustness import RobustnessScores
from sightline.evaluation.drawings.robustness import robustness_svg
from sightline.evaluation.pages.page import fragment, markup

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class Robustness:
    """Accuracy on noise, blur, bad light, compression and turned pictures, in five strengths."""

    key: ClassVar[str] = "robustness"
    title: ClassVar[str] = "Damaged pictures"

    scores: RobustnessScores

    def as_json(self) -> dict[str, Any]:
        """Return every accuracy with its interval."""
        return {"robustness": self.scores.as_json()}

    def html(self) -> "Markup":
        """Return the sentence, the drawing and the table."""
        drawn = markup(robustness_svg(self.scores))
        return fragment("report/robustness.html.jinja", section=self, scores=self.scores, drawing=drawn)
