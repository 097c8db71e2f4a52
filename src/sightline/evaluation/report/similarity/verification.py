"""Same or different at every distance: the curve, and what a threshold costs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.drawings.verification import verification_svg
from sightline.evaluation.pages.page import fragment, markup
from sightline.evaluation.pairs.clusters import clusters_words
from sightline.evaluation.similarity.verification import Verification

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True, eq=False)
class VerificationCurve:
    """What a distance is worth, at every threshold."""

    key: ClassVar[str] = "verification"
    title: ClassVar[str] = "Same or different"

    verification: Verification

    def as_json(self) -> dict[str, Any]:
        """Return the rates with their intervals, and the curve."""
        return {"verification": self.verification.as_json()}

    def html(self) -> "Markup":
        """Return the curve, and a row a threshold."""
        drawing = markup(verification_svg(self.verification))
        compared = clusters_words(self.verification.classes, self.verification.groups)
        return fragment("report/similarity/verification.html.jinja", section=self, drawing=drawing, compared=compared)
