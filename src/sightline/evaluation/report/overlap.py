"""How many of the pictures that a model is measured on it has seen before."""

from dataclasses import asdict, dataclass
from typing import Any

from sightline.core.percent import percent

UNKNOWN = "the model file does not say which pictures it has learnt from, so none of these can be told to be new"


@dataclass(frozen=True)
class Overlap:
    """Pictures that a model has seen before, among those that it is asked about.

    Args:
        count: How many pictures it could be asked about.
        train: How many of them it has learnt from; None where the model file does not say.
        validation: How many of them its best epoch and calibration were chosen by; None likewise.
        left_out: Whether these were left out, so that the figures are of new pictures alone.
    """

    count: int
    train: int | None
    validation: int | None
    left_out: bool = False

    @property
    def seen(self) -> int:
        """How many it has seen in one way or the other, as far as is known."""
        return (self.train or 0) + (self.validation or 0)

    @property
    def flatters(self) -> bool:
        """Whether the figures are better than they would be on new pictures."""
        return self.seen > 0 and not self.left_out

    @property
    def words(self) -> str:
        r"""What that means, in one sentence; empty where all pictures are new.

        Example:
            >>> Overlap(398, 180, 28).words
            'of these 398 pictures it has learnt from 180 and was chosen by 28 (52.3\xa0% in all): the figures flatter'
        """
        if self.train is None:
            return UNKNOWN
        if not self.seen:
            return ""
        known = f"it has learnt from {self.train:,} and was chosen by {self.validation:,}"
        if self.left_out:
            return f"of {self.count:,} pictures {known}; these are left out"
        return (
            f"of these {self.count:,} pictures {known} ({percent(self.seen / self.count)} in all): the figures flatter"
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``report.json``."""
        return asdict(self) | {"words": self.words}
