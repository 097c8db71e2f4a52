"""The feature space of a pipeline with two features."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.drawings.plane import plane_svg, signs
from sightline.evaluation.pages.page import fragment, markup
from sightline.evaluation.plane import FeaturePlane, plane_json, plane_words

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True, eq=False)
class Plane:
    """The plane of two features, with the pictures in it."""

    key: ClassVar[str] = "plane"
    title: ClassVar[str] = "The plane of its two features"

    plane: FeaturePlane

    def as_json(self) -> dict[str, Any]:
        """Return the errors; the drawing alone shows the rest."""
        return {"plane": plane_json(self.plane)}

    def html(self) -> "Markup":
        """Return the drawing with its legend, and the two errors in words."""
        return fragment(
            "report/pipeline/plane.html.jinja",
            section=self,
            drawing=markup(plane_svg(self.plane)),
            signs=signs(self.plane),
            sentences=plane_words(self.plane),
        )
