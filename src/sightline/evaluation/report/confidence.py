"""How far the model's confidence can be trusted."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.confidence import Confidence
from sightline.evaluation.pages.page import fragment

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class ConfidenceWorth:
    """What the confidence of a calibrated model is worth on these pictures."""

    key: ClassVar[str] = "confidence"
    title: ClassVar[str] = "How far to trust its confidence"

    confidence: Confidence

    def as_json(self) -> dict[str, Any]:
        """Return its numbers and words."""
        return {"confidence": self.confidence.as_json()}

    def html(self) -> "Markup":
        """Return its words."""
        return fragment("report/confidence.html.jinja", section=self)
