"""What the same training came to with other seeds."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.breakdown.seeds import SeedScores
from sightline.evaluation.pages.page import fragment

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class Seeds:
    """The accuracies with several seeds, beside the interval of the model that ships."""

    key: ClassVar[str] = "seeds"
    title: ClassVar[str] = "Other seeds"

    scores: SeedScores

    def as_json(self) -> dict[str, Any]:
        """Return the accuracy with each seed, and their spread."""
        return {"seeds": self.scores.as_json()}

    def html(self) -> "Markup":
        """Return the sentences and the table."""
        return fragment("report/seeds.html.jinja", section=self, scores=self.scores)
