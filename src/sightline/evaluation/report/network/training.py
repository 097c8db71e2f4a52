"""How the training of a network went."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.drawings.curves import curves_svg
from sightline.evaluation.pages.page import fragment, markup
from sightline.evaluation.verdict import Verdict

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class TrainingFigures:
    """What a training took.

    Args:
        epochs: How many of them ran.
        seconds: How long they took.
        images_per_second: Training pictures read a second.
        waiting_share: Of the training time, in which the network waited for pictures: 0 to 1.
        best_epoch: The epoch whose weights were kept, counted from 1.
        stopped_early: Whether it stopped before its last planned epoch.
    """

    epochs: int
    seconds: float
    images_per_second: float
    waiting_share: float
    best_epoch: int
    stopped_early: bool


@dataclass(frozen=True)
class History:
    """The course of a training; each field has one value an epoch.

    Args:
        training_loss: In nats, the mean over the epoch.
        validation_loss: In nats, after the epoch.
        training_accuracy: 0 to 1, the mean over the epoch.
        validation_accuracy: 0 to 1, after the epoch.
        learning_rate: At the first step of the epoch.
    """

    training_loss: tuple[float, ...]
    validation_loss: tuple[float, ...]
    training_accuracy: tuple[float, ...]
    validation_accuracy: tuple[float, ...]
    learning_rate: tuple[float, ...]


@dataclass(frozen=True)
class Training:
    """What a training took, its course over at least one epoch, and what that says."""

    key: ClassVar[str] = "training"
    title: ClassVar[str] = "How the training went"

    figures: TrainingFigures
    history: History
    verdict: Verdict

    def as_json(self) -> dict[str, Any]:
        """Return all three."""
        return {
            "training": asdict(self.figures),
            "history": asdict(self.history),
            "verdict": asdict(self.verdict),
        }

    def html(self) -> "Markup":
        """Return the verdict, the curves of loss and accuracy, and what it took."""
        return fragment("report/network/training.html.jinja", section=self, drawings=self._drawings())

    def _drawings(self) -> "list[Markup]":
        return [
            markup(
                curves_svg(
                    name=what.capitalize(),
                    training=getattr(self.history, f"training_{what}"),
                    validation=getattr(self.history, f"validation_{what}"),
                    best_epoch=self.figures.best_epoch,
                    prefix=what,
                )
            )
            for what in ("loss", "accuracy")
        ]
