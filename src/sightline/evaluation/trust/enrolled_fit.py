"""How well pictures fit a class that was enrolled, and what to expect of it, by classes that stood for new ones.

Nobody has labelled pictures of a class that was enrolled a moment ago. So learnt classes stand for new ones in turn:
what holds for these is promised of it, as if it were one of them.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.core.intervals import Interval
from sightline.core.percent import percent
from sightline.evaluation.prediction_sets import conformal_quantile
from sightline.evaluation.words import interval_words

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class EnrolledFit:
    """How well pictures fitted the class that they are of, when that class stood for a new one.

    Args:
        cosines: (m,) ascending: of a picture's embedding with the class's prototype.
        shares: (m,) ascending: the class's probability beside the learnt ones, 0 to 1.

    Raises:
        ValueError: There are none, or they do not ascend.
    """

    cosines: Floats
    shares: Floats

    def __post_init__(self) -> None:
        """Look at every value, for a model file may hold anything."""
        for values in (self.cosines, self.shares):
            if values.dtype != np.float64 or values.ndim != 1 or len(values) != len(self.cosines) or not len(values):
                raise ValueError("how well pictures fit enrolled classes is not understood")
            if not (np.isfinite(values).all() and (np.diff(values) >= 0).all()):
                raise ValueError("how well pictures fit enrolled classes does not ascend")

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.cosines)

    def typicality(self, cosines: Floats) -> Floats:
        """Return the share of pictures that fitted their class as ill as each picture, or worse, above 0 to 1.

        Args:
            cosines: (N,) of pictures with the enrolled class that they are named as.
        """
        return (1 + np.searchsorted(self.cosines, cosines, side="right")) / (len(self) + 1)

    def misfit(self, level: float) -> float:
        """Return minus the share from which on an enrolled class is in a prediction set of a level; infinity for any.

        Args:
            level: Between 0 and 1.
        """
        return conformal_quantile(-self.shares, level)


def misfit_words(label: str, typicality: float) -> str:
    r"""Return why a picture that is named as an enrolled class is refused, in words.

    Example:
        >>> misfit_words("tulip", 0.004)
        'it fits tulip ill: 0.4\xa0% of pictures of such classes fitted theirs as ill'
    """
    return f"it fits {label} ill: {percent(typicality)} of pictures of such classes fitted theirs as ill"


@dataclass(frozen=True)
class Expectation:
    """What enrolling a class brings and costs, as learnt classes that stood for new ones have shown.

    Args:
        named: The share of a new class's pictures that it gets more than half of the probability for, 0 to 1.
        named_interval: At 95 %, over the classes that stood for new ones.
        taken: The share of other classes' pictures that it gets more than half of the probability for, 0 to 1.
        taken_interval: At 95 %, over the same classes as the other one.
        shots: By how many pictures each was known.
        classes: How many stood for new ones.

    Raises:
        ValueError: A value is of another kind or out of its range.
    """

    named: float
    named_interval: Interval
    taken: float
    taken_interval: Interval
    shots: int
    classes: int

    def __post_init__(self) -> None:
        """Look at every value, for a model file may hold anything."""
        shares = (self.named, *self.named_interval, self.taken, *self.taken_interval)
        counts = (self.shots, self.classes)
        if not all(type(share) in (int, float) and 0 <= share <= 1 for share in shares):
            raise ValueError(f"there is no such expectation: {self}")
        if not all(type(count) is int and count > 0 for count in counts):
            raise ValueError(f"there is no such expectation: {self}")

    @property
    def words(self) -> str:
        r"""What is to be expected, in words.

        Example:
            >>> Expectation(0.4, (0.3, 0.5), 0.02, (0.01, 0.04), 1, 8).words.partition(", and ")[2]
            'of others in 2.0\xa0% (1.0 to 4.0\xa0%); 8 learnt classes have stood for new ones'
        """
        known = "1 picture" if self.shots == 1 else f"{self.shots:,} pictures"
        return (
            f"a class that is known by {known} is more likely than all others together in {percent(self.named)} "
            f"({interval_words(self.named_interval)}) of its pictures, and of others in {percent(self.taken)} "
            f"({interval_words(self.taken_interval)}); {self.classes} learnt classes have stood for new ones"
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values for a manifest."""
        return asdict(self)

    @classmethod
    def of_json(cls, entry: Any) -> "Expectation":
        """Read what `as_json` wrote.

        Raises:
            ValueError: A value is missing, of another kind or out of its range.
        """
        try:
            (low, high), (least, most) = entry["named_interval"], entry["taken_interval"]
            return cls(entry["named"], (low, high), entry["taken"], (least, most), entry["shots"], entry["classes"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"there is no such expectation: {entry!r}") from error
