"""What pictures without labels brought, beside what the labelled ones bring alone."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.core.percent import percent
from sightline.evaluation.pages.page import fragment

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class Unlabelled:
    """A model that has learnt from pictures without labels too, and one that has not.

    Args:
        way: How they were learnt from, such as ``"label spreading"``.
        pictures: How many there were.
        learnt: How many of them were taken for what the model made of them.
        alone: Accuracy on the validation part without them, 0 to 1.
        beside: The same with them.
        judged_by: Pictures of the validation part.
        ships: Whether the model with them ships.
    """

    key: ClassVar[str] = "unlabelled"
    title: ClassVar[str] = "Pictures without labels"

    way: str
    pictures: int
    learnt: int
    alone: float
    beside: float
    judged_by: int
    ships: bool

    @property
    def words(self) -> str:
        """What they brought, and what ships."""
        ends = "the model with them ships" if self.ships else "they are left aside, and the model without them ships"
        return (
            f"Of {self.pictures:,} pictures without labels, {self.learnt:,} were sure enough to be learnt from "
            f"({self.way}). Of {self.judged_by:,} validation pictures, {percent(self.beside)} are named rightly with "
            f"them and {percent(self.alone)} without: {ends}."
        )

    @property
    def rows(self) -> tuple[tuple[str, float, bool], ...]:
        """Each model's name, its accuracy on the validation part, and whether it ships."""
        return ("labelled pictures alone", self.alone, not self.ships), (self.way, self.beside, self.ships)

    def as_json(self) -> dict[str, Any]:
        """Return its numbers and words."""
        return {"unlabelled": {**asdict(self), "words": self.words}}

    def html(self) -> "Markup":
        """Return the words, and a row a model."""
        return fragment("report/unlabelled.html.jinja", section=self)
