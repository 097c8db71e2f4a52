"""How far the model's confidence can be trusted."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.confidence import Confidence
from sightline.evaluation.drawings.reliability import reliability_svg
from sightline.evaluation.pages.page import fragment, markup
from sightline.evaluation.trust.refusals import Refusals

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class ConfidenceWorth:
    """What the confidence of a calibrated model is worth on these pictures.

    Args:
        classes: Their names, in the order of the probabilities.
        refusals: How often these are refused as none of them; None where the model can't tell.
    """

    key: ClassVar[str] = "confidence"
    title: ClassVar[str] = "How far to trust its confidence"

    confidence: Confidence
    classes: tuple[str, ...] = ()
    refusals: Refusals | None = None

    def as_json(self) -> dict[str, Any]:
        """Return its numbers and words."""
        refusals = None if self.refusals is None else self.refusals.as_json()
        return {"confidence": self.confidence.as_json() | {"refusals": refusals}}

    @property
    def worst_class(self) -> str:
        """The class whose sets hold it least often, in words; empty where there are no two to compare."""
        return self.confidence.worst_class(self.classes) if self.classes else ""

    def html(self) -> "Markup":
        """Return judgement, drawing, and what the sets are worth."""
        drawing = markup(reliability_svg(self.confidence.reliability))
        return fragment("report/confidence.html.jinja", section=self, drawing=drawing)
