"""The pictures worth looking at: sure and wrong, and least certain."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.pages.page import fragment
from sightline.evaluation.pictures import PredictedPicture
from sightline.evaluation.scores import Scores

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True, eq=False)
class Mistakes:
    """Confident mistakes.

    Args:
        scores: Of all pictures, not of these alone.
        pictures: Some that were named wrongly, the surest answer first; may be none.
        page: The address of the page with all of them; empty if there is none.
    """

    key: ClassVar[str] = "mistakes"
    title: ClassVar[str] = "Sure and wrong"

    scores: Scores
    pictures: tuple[PredictedPicture, ...]
    page: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the mistakes without their pixels."""
        return {"mistakes": _without_pixels(self.pictures)}

    def html(self) -> "Markup":
        """Return the pictures with what they were called."""
        wrong = self.scores.count - int(self.scores.confusion.trace())
        return fragment("report/mistakes.html.jinja", section=self, wrong=wrong)


@dataclass(frozen=True, eq=False)
class Uncertain:
    """The least certain pictures.

    Args:
        pictures: The closest to a tie first, at least one.
    """

    key: ClassVar[str] = "uncertain"
    title: ClassVar[str] = "Least certain"

    pictures: tuple[PredictedPicture, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the answers without their pixels."""
        return {"uncertain": _without_pixels(self.pictures)}

    def html(self) -> "Markup":
        """Return the pictures with what they were called."""
        return fragment("report/uncertain.html.jinja", section=self)


def _without_pixels(pictures: Iterable[PredictedPicture]) -> list[dict[str, Any]]:
    return [{name: value for name, value in vars(picture).items() if name != "pixels"} for picture in pictures]
