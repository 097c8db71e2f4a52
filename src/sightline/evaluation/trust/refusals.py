"""How often known pictures are refused as none of the classes, beside the rate that is stated."""

from dataclasses import dataclass
from math import hypot
from typing import Any

from sightline.core.intervals import Interval, share_interval, wilson_interval
from sightline.core.percent import SPACE, percent
from sightline.evaluation.words import interval_words


@dataclass(frozen=True)
class Refusals:
    """What a stated rate of wrongly refused known pictures is worth on some of them.

    Args:
        refused: How many of them were refused.
        count: How many of them there are.
        rate: That is stated, 0 to 1.
        known: How many known pictures set the limit from which on a picture is refused.
        meaning: When a picture is refused and what that stands on, in words.
    """

    refused: int
    count: int
    rate: float
    known: int
    meaning: str

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval of the share that was refused."""
        return wilson_interval(self.refused, self.count)

    @property
    def is_broken(self) -> bool:
        """Whether more are refused than stated, and chance does not explain it: of these pictures, or of the known.

        It is not where the 95 % interval of the difference between the two shares holds 0.

        Reference:
            R. G. Newcombe, "Interval Estimation for the Difference between Independent Proportions: Comparison of
            Eleven Methods", Statistics in Medicine 17, 1998, method 10.
        """
        share = self.refused / self.count
        reach = hypot(share - self.interval[0], share_interval(self.rate, self.known)[1] - self.rate)
        return share - self.rate > reach

    @property
    def words(self) -> str:
        """When a picture is refused, and how often these were, in sentences."""
        verdict = (
            f"clearly more than the {percent(self.rate)} that are stated, by a limit of {self.known:,} known pictures: "
            "more of them are strange than of those of its training. A test for drift, which takes all of them "
            "together, may find nothing where a few are strange"
            if self.is_broken
            else f"where {percent(self.rate)} are stated, by a limit of {self.known:,} known pictures"
        )
        share, ends = percent(self.refused / self.count), interval_words(self.interval)
        return (
            f"A picture is refused {self.meaning}. Of these pictures, which show its classes, {share} are refused "
            f"(95{SPACE}% interval {ends}), {verdict}."
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "refused": self.refused, "count": self.count, "rate": self.rate, "known": self.known,
            "interval": list(self.interval), "words": self.words,
        }  # fmt: skip
