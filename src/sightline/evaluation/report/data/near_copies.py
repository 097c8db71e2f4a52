"""The figure restated without the test pictures that have near copies among those that a model has seen."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.core.intervals import Interval
from sightline.core.percent import SPACE, percent
from sightline.evaluation.pages.page import fragment
from sightline.evaluation.words import interval_words, pictures

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class WithoutCopies:
    """The accuracy on the pictures that have no near copy among those that a model learnt from or was chosen by.

    Args:
        copies: How many pictures have one, or are one of them.
        count: How many have none.
        accuracy: On those that have none, 0 to 1; None where all have one.
        accuracy_interval: Its 95 % interval; None likewise.
        accuracy_of_all: On these and the others together.
    """

    key: ClassVar[str] = "near-copies"
    title: ClassVar[str] = "Without near copies"

    copies: int
    count: int
    accuracy: float | None
    accuracy_interval: Interval | None
    accuracy_of_all: float

    def as_json(self) -> dict[str, Any]:
        """Return the restated figure."""
        return {"without_copies": asdict(self)}

    @property
    def words(self) -> str:
        """The figure in one or two sentences."""
        what = "is, or is a near copy of, a picture" if self.copies == 1 else "are, or are near copies of, pictures"
        first = f"{pictures(self.copies)} {what} that the model learnt from or was chosen by."
        if self.accuracy is None or self.accuracy_interval is None:
            return f"{first} None is left to measure on."
        return (
            f"{first} On the other {self.count:,} it names {percent(self.accuracy)} correctly (95{SPACE}% interval "
            f"{interval_words(self.accuracy_interval)}), on all {percent(self.accuracy_of_all)}."
        )

    def html(self) -> "Markup":
        """Return the sentences."""
        return fragment("report/data/near_copies.html.jinja", section=self)
