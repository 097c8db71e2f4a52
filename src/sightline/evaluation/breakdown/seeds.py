"""How much of an accuracy is the luck of first weights and order: the same training with other seeds."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from sightline.core.intervals import Interval
from sightline.core.percent import percent
from sightline.evaluation.words import interval_words


@dataclass(frozen=True)
class SeedScores:
    """What the same training came to with several seeds, on one split.

    Args:
        accuracies: Seed to accuracy on the test part, two or more; the first is the model that ships.
        count: How many test pictures there are.
        interval: The 95 % interval of the first accuracy, which speaks of these pictures being few.
    """

    accuracies: Mapping[int, float]
    count: int
    interval: Interval

    @property
    def mean(self) -> float:
        """The mean over the seeds."""
        return fmean(self.accuracies.values())

    @property
    def deviation(self) -> float:
        """The standard deviation over the seeds."""
        return stdev(self.accuracies.values())

    @property
    def words(self) -> str:
        """The spread beside the interval, in two sentences."""
        values = self.accuracies.values()
        ends = f"from {percent(min(values))} to {percent(max(values))}"
        return (
            f"Over {len(values)} seeds the accuracy is {percent(self.mean)} in the mean, {ends}, with a deviation of "
            f"{100 * self.deviation:.1f} points: that is first weights and order. The interval of the model that "
            f"ships, {interval_words(self.interval)}, is the luck of the test pictures."
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        spread = {"mean": self.mean, "deviation": self.deviation, "count": self.count, "words": self.words}
        return {"accuracies": {str(seed): accuracy for seed, accuracy in self.accuracies.items()}, **spread}
