"""What an ensemble is made of, how much its members differ, what it gains and what it costs."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.core.intervals import Interval
from sightline.core.percent import SPACE, percent
from sightline.evaluation.pages.page import fragment
from sightline.evaluation.significance.paired import Paired
from sightline.evaluation.words import interval_words, points_words

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class MemberFigures:
    """One member.

    Args:
        name: What its user calls it.
        model: What `sightline models` calls it.
        weight: Its share in the ensemble, 0 to 1.
        accuracy: On the test pictures, 0 to 1.
        interval: The 95 % interval of the accuracy.
        megabytes: Of its model file.
    """

    name: str
    model: str
    weight: float
    accuracy: float
    interval: Interval
    megabytes: float


@dataclass(frozen=True)
class Gain:
    """What an ensemble gains over the mean of its members, by the same pictures.

    Args:
        difference: Its accuracy minus the mean of theirs, -1 to 1.
        interval: The 95 % interval of the difference.
    """

    difference: float
    interval: Interval

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves zero out."""
        return not self.interval[0] <= 0 <= self.interval[1]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """An ensemble beside its members.

    Args:
        combination: What it is, in words, such as ``"mean of 5 members"``.
        over: What the gain is over, in words.
        members: In the order in which they were named.
        disagreement: The mean over pairs of members of the share of test pictures that they name differently, 0 to 1.
        gain: Over the mean of the members, or over the one model that it was made of.
        against_best: The ensemble beside the member that is best on the test pictures.
        best: The name of that member.
        megabytes: Of the ensemble's file.
        slower: How many times as long as its quickest member it takes for a picture.
        notes: What its user should know, as sentences.
    """

    key: ClassVar[str] = "ensemble"
    title: ClassVar[str] = "The ensemble and its members"

    combination: str
    over: str
    members: tuple[MemberFigures, ...]
    disagreement: float
    gain: Gain
    against_best: Paired
    best: str
    megabytes: float
    slower: float
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What the ensemble gains, and what it costs."""
        gap = points_words(self.gain.difference, self.gain.interval)
        sure = "" if self.gain.is_sure or not self.gain.difference else ", which may be chance"
        quickest = "its quickest member" if len(self.members) > 1 else "what the run ships"
        cost = f"It has {self.megabytes:.2f} MB and takes {self.slower:.1f} times as long as {quickest}."
        return " ".join([f"{self.combination}: beside {self.over}, {gap}{sure}.", *self._beside_best, cost])

    @property
    def _beside_best(self) -> tuple[str, ...]:
        """The sentence on the best of several members; none where there is one."""
        if len(self.members) == 1:
            return ()
        gap = points_words(self.against_best.difference, self.against_best.interval)
        if self.against_best.kind == "alike":
            return (f"It can't be told apart from {self.best}, the best of them: {gap}.",)
        return (f"It does {self.against_best.kind} than {self.best}, the best of them: {gap}.",)

    def as_json(self) -> dict[str, Any]:
        """Return members, gains and costs as plain values."""
        return {
            "ensemble": {
                "combination": self.combination,
                "over": self.over,
                "members": [asdict(member) for member in self.members],
                "disagreement": self.disagreement,
                "gain": asdict(self.gain),
                "best": self.best,
                "against_best": asdict(self.against_best) | {"kind": self.against_best.kind},
                "megabytes": self.megabytes,
                "slower": self.slower,
                "notes": list(self.notes),
                "words": self.words,
            }
        }

    def html(self) -> "Markup":
        """Return the words and a table of the members."""
        rows = [
            (
                member,
                f"{percent(member.accuracy)} (95{SPACE}%: {interval_words(member.interval)})",
            )
            for member in self.members
        ]
        return fragment("report/ensemble.html.jinja", section=self, rows=rows)
