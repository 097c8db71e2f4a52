"""Whether the pictures of an evaluation still look like those of the training."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.pages.page import fragment
from sightline.evaluation.trust.drift import Drift

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class DriftFound:
    """How well the pictures can be told from known ones."""

    key: ClassVar[str] = "drift"
    title: ClassVar[str] = "Like the pictures of the training?"

    drift: Drift

    def as_json(self) -> dict[str, Any]:
        """Return the figures and the sentence."""
        return self.drift.as_json()

    def html(self) -> "Markup":
        """Return the sentence, and what it means."""
        return fragment("report/data/drift.html.jinja", section=self)
