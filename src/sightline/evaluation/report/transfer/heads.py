"""The base that a model begins with, and the heads that were fitted to what it sees."""

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sightline.core.intervals import Interval, wilson_interval
from sightline.core.percent import percent
from sightline.evaluation.pages.page import fragment
from sightline.evaluation.words import interval_words, pictures

if TYPE_CHECKING:
    from markupsafe import Markup

TUNED = "fine-tuned"
"""The name of a head whose base learnt on with it."""


@dataclass(frozen=True)
class BaseFacts:
    """Where a base comes from.

    Args:
        name: As `sightline models` lists it, or a file's.
        network: The name of its layers.
        source: Where its weights come from.
        licence: Under which they may be used.
        learnt: What it has learnt to tell apart before, such as ``"1,000 classes of ImageNet"``.
    """

    name: str
    network: str
    source: str
    licence: str
    learnt: str


@dataclass(frozen=True)
class Heads:
    """A base and its heads.

    Args:
        base: Its weights are as they came.
        width: How many numbers it makes of a picture.
        tried: Each head's name and its accuracy on the validation part, 0 to 1; the one that ships comes first.
        judged_by: How many pictures the validation part has.
        unfrozen: How much of the base learnt on: ``"none"``, ``"all"``, or how many of its last blocks.
    """

    key: ClassVar[str] = "heads"
    title: ClassVar[str] = "The base and its head"

    base: BaseFacts
    width: int
    tried: tuple[tuple[str, float], ...]
    judged_by: int
    unfrozen: str = "none"

    def beside(self, tuned: tuple[str, float], *, unfrozen: str) -> Self:
        """Return these heads and one whose base learnt on, which ships if it is better than the one that would.

        Args:
            tuned: `TUNED`, and its accuracy on the validation part.
            unfrozen: How much of the base learnt on.
        """
        if tuned[1] <= self.tried[0][1]:
            return replace(self, tried=(*self.tried, tuned))
        return replace(self, tried=(tuned, *self.tried), unfrozen=unfrozen)

    @property
    def rows(self) -> tuple[tuple[str, float, Interval], ...]:
        """Each head's name and its accuracy on the validation part with the 95 % interval."""
        return tuple((name, accuracy, self._interval(accuracy)) for name, accuracy in self.tried)

    @property
    def first_words(self) -> str:
        """What the head on the frozen base names rightly, as soon as that is known."""
        name, accuracy, interval = self.rows[0]
        return (
            f"{name} on {self.base.name}, frozen: {percent(accuracy)} of {pictures(self.judged_by, 'validation ')} "
            f"(95 % interval {interval_words(interval)})"
        )

    @property
    def gain_words(self) -> str:
        """What learning on brought, and what ships; empty where nothing learnt on."""
        if TUNED not in dict(self.tried):
            return ""
        tuned, frozen = dict(self.tried)[TUNED], next(accuracy for name, accuracy in self.tried if name != TUNED)
        gain = 100 * (tuned - frozen)
        better = f"{abs(gain):.1f} points {'better' if gain > 0 else 'worse'}" if gain else "no better"
        ships = "it ships" if gain > 0 else "the frozen one ships"
        return (
            f"The base that learnt on names {percent(tuned)} of {pictures(self.judged_by, 'validation ')} rightly, the "
            f"frozen one {percent(frozen)}: it is {better}, and {ships}."
        )

    def _interval(self, accuracy: float) -> Interval:
        return wilson_interval(round(accuracy * self.judged_by), self.judged_by)

    def as_json(self) -> dict[str, Any]:
        """Return the base and the heads."""
        heads = [
            {"head": name, "validation_accuracy": accuracy, "interval": interval}
            for name, accuracy, interval in self.rows
        ]
        base = {**asdict(self.base), "width": self.width, "unfrozen": self.unfrozen}
        return {"base": base, "heads": heads, "learning_on": self.gain_words or None}

    def html(self) -> "Markup":
        """Return the base in words, and a row a head."""
        return fragment("report/transfer/heads.html.jinja", section=self)
