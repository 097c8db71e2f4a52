"""Labels of the pictures that look wrong, and what the figures are without them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.core.percent import percent
from sightline.evaluation.pages.page import fragment
from sightline.evaluation.pictures import PredictedPicture
from sightline.evaluation.report.next_steps import NextStep
from sightline.evaluation.trust.label_errors import LabelErrors

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels that the model contradicts.

    Args:
        errors: Of the pictures of the report, which the model has not learnt from.
        accuracies: With all labels as they are, and without those that look wrong.
        pictures: The surest suspects; may be none.
        training: Of the pictures that the model learnt from; None in a report on other pictures.
        learnt: The surest suspects among those.
        correcting: How to learn again without them; None where no command can.
    """

    key: ClassVar[str] = "labels"
    title: ClassVar[str] = "Labels that look wrong"

    errors: LabelErrors
    accuracies: tuple[float, float]
    pictures: tuple[PredictedPicture, ...]
    training: LabelErrors | None = None
    learnt: tuple[PredictedPicture, ...] = ()
    correcting: NextStep | None = None

    @property
    def restated(self) -> str:
        """What the accuracy is without doubtful labels, in a sentence; empty where there are none."""
        if not self.errors.looks_wrong:
            return ""
        low, high = (percent(accuracy) for accuracy in self.accuracies)
        return (
            f"The accuracy is {low} with all labels as they are, and {high} without those that look wrong. The second "
            "is an upper end, for a mistake of the model and a wrong label look alike to it."
        )

    def as_json(self) -> dict[str, Any]:
        """Return how many there are, and the accuracy without them."""
        low, high = self.accuracies
        training = {"training_label_errors": self.training.as_json()} if self.training else {}
        return {"label_errors": self.errors.as_json() | {"accuracy": low, "accuracy_without": high}, **training}

    def html(self) -> "Markup":
        """Return the words and the pictures."""
        return fragment("report/labels.html.jinja", section=self)
