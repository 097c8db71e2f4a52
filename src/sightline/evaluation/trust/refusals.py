"""How often known pictures are refused as none of the classes, beside the rate that is stated."""

from dataclasses import dataclass
from typing import Any

from sightline.core.intervals import Interval, wilson_interval
from sightline.core.percent import SPACE, percent
from sightline.evaluation.words import interval_words


@dataclass(frozen=True)
class Refusals:
    """What a stated rate of wrongly refused known pictures is worth on some of them.

    Args:
        refused: How many of them were refused.
        count: How many of them there are.
        rate: That is stated, 0 to 1.
        meaning: When a picture is refused and what that stands on, in words.
    """

    refused: int
    count: int
    rate: float
    meaning: str

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval of the share that was refused."""
        return wilson_interval(self.refused, self.count)

    @property
    def is_broken(self) -> bool:
        """Whether more are refused than stated, and chance does not explain it."""
        return self.interval[0] > self.rate

    @property
    def words(self) -> str:
        """When a picture is refused, and how often these were, in two sentences."""
        verdict = (
            f"clearly more than the {percent(self.rate)} that are stated: they are not like those of its training"
            if self.is_broken
            else f"where {percent(self.rate)} are stated"
        )
        share, ends = percent(self.refused / self.count), interval_words(self.interval)
        return (
            f"A picture is refused {self.meaning}. Of these pictures, which show its classes, {share} are refused "
            f"(95{SPACE}% interval {ends}), {verdict}."
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "refused": self.refused, "count": self.count, "rate": self.rate, "interval": list(self.interval),
            "words": self.words,
        }  # fmt: skip
