"""Whether a network earned its keep, beside a classical pipeline that answered the same test pictures."""

from dataclasses import asdict, dataclass
from typing import Any

from sightline.core.percent import percent
from sightline.evaluation.significance.paired import Paired
from sightline.evaluation.words import duration, points_words

MOST_GIVEN_UP = 0.1
"""What a network that is ahead may be better by, at most, where the simple one is recommended all the same."""


@dataclass(frozen=True)
class BaselineComparison:
    """A network beside a classical pipeline.

    Args:
        comparison: Of their answers to the test part.
        name: What `sightline models` calls the pipeline.
        line: What the pipeline is, in one line.
        seconds: How long its fitting took.
        pictures: How many training pictures it learnt from.
        pictures_in_all: How many there are.
        network_seconds: How long the network's training took.
        largest_share: Of the same pictures, what always answering the largest class names rightly, 0 to 1.
    """

    comparison: Paired
    name: str
    line: str
    seconds: float
    pictures: int
    pictures_in_all: int
    network_seconds: float
    largest_share: float

    @property
    def words(self) -> str:
        """Whether the network earned its keep, in a few sentences."""
        if self.pictures == self.pictures_in_all:
            return self._verdict
        part = f"{self.pictures:,} of {self.pictures_in_all:,} training pictures"
        return (
            f"{self._verdict} {self.name} learnt from only {part}, so as to take a tenth of the network's time, or as "
            f"few pictures as it can do with: `--model {self.name}` tells how far it comes with all."
        )

    @property
    def _verdict(self) -> str:
        other = f"{self.name}, which took {duration(self.seconds)}"
        if max(self.comparison.first_accuracy, self.comparison.second_accuracy) <= self.largest_share:
            largest = f"always answering the largest class ({percent(self.largest_share)})"
            return f"Neither the network nor {other}, is right more often than {largest}. Take neither of them."
        match self.comparison.kind:
            case "better":
                return f"The network earned its keep: {self._gap} than {other}."
            case "worse":
                return f"The network did not earn its keep: {self._gap} than {other}. Take the simple one."
            case _:
                advice = "Take the simple one, or ask again with more test pictures."
                if not self.recommends_baseline:
                    doubt = (
                        f"the network may be up to {100 * self.comparison.interval[1]:.1f} points better"
                        if self._beats_largest
                        else f"{self.name} does not beat the largest class"
                    )
                    advice = f"Ask again with more test pictures: {doubt}."
                return f"The network can't be told apart from {other}: {self._gap}. {advice}"

    @property
    def recommends_baseline(self) -> bool:
        """Whether the words say that the simple one is to be taken."""
        is_close = self.comparison.difference <= 0 or self.comparison.interval[1] <= MOST_GIVEN_UP
        return self.comparison.kind != "better" and is_close and self._beats_largest

    @property
    def _beats_largest(self) -> bool:
        return self.comparison.second_accuracy > self.largest_share

    @property
    def _gap(self) -> str:
        return points_words(self.comparison.difference, self.comparison.interval)

    def as_json(self) -> dict[str, Any]:
        """Return the figures and the words as plain values."""
        figures = {_in_report(name): value for name, value in asdict(self.comparison).items()}
        values = {name: value for name, value in vars(self).items() if name != "comparison"}
        return figures | {"kind": self.comparison.kind} | values | {"words": self.words}


def _in_report(name: str) -> str:
    """Return the name of a figure in ``report.json``, where the first of the two is the network."""
    return name.replace("first", "network").replace("second", "baseline")
