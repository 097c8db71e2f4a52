"""What should be known of pictures that were answered, said once for all of them."""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from sightline.core.text import visible

if TYPE_CHECKING:
    from sightline.inference.prediction import Prediction


class Notes:
    """Counts the notes of answers that go by.

    Attributes:
        count: How many answers had one.
    """

    def __init__(self) -> None:
        self.count, self._first = 0, ""

    def of(self, answers: "Iterator[Prediction]") -> "Generator[Prediction, None, None]":
        """Yield the answers as they come."""
        for answer in answers:
            if answer.note:
                self.count += 1
                self._first = self._first or f"{answer.path} {answer.note}"
            yield answer

    @property
    def warning(self) -> str:
        """The first note, and of how many pictures there was one."""
        more = f" (and {self.count - 1:,} more pictures)" if self.count > 1 else ""
        return visible(
            f"warning: {self._first}{more}; save them with the range of the training pictures, or train on some of them"
        )
