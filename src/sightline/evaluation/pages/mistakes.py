"""Every mistake on one page of bounded size, to be filtered by what the pictures are and what they were called."""

from dataclasses import dataclass
from functools import cached_property

from sightline.evaluation.pages.page import page
from sightline.evaluation.pictures import PredictedPicture

KIND = "mistakes"
MOST_PICTURED = 500
"""Mistakes that are shown with their picture: some 3 MB of a page."""
MOST_LISTED = 10_000
"""Further ones that are listed by name: some 2 MB."""


@dataclass(frozen=True)
class NamedMistake:
    """A mistake without its picture.

    Args:
        path: The file, as its user knows it.
        truth: The class that it is said to be.
        prediction: The class that was answered.
        confidence: The probability of the answer, 0 to 1.
    """

    path: str
    truth: str
    prediction: str
    confidence: float


@dataclass(frozen=True, eq=False)
class MistakesPage:
    """The mistakes of one evaluation, the surest answer first.

    Args:
        title: The heading; it may be a stranger's.
        count: How many mistakes there are.
        total: How many pictures were asked about.
        pictured: The first of them, with their pictures.
        named: Those that follow, without their pictures.
    """

    title: str
    count: int
    total: int
    pictured: tuple[PredictedPicture, ...]
    named: tuple[NamedMistake, ...]

    @property
    def left_out(self) -> int:
        """How many mistakes are not on the page."""
        return self.count - len(self.pictured) - len(self.named)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The classes of truths and answers, in alphabetical order; their places are what the filter goes by."""
        every: tuple[PredictedPicture | NamedMistake, ...] = (*self.pictured, *self.named)
        return tuple(sorted({name for one in every for name in (one.truth, one.prediction)}))

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each class stands among them."""
        return {name: place for place, name in enumerate(self.classes)}

    def html(self) -> str:
        """Return the page; it filters by style alone, without a script."""
        return page("pages/mistakes.html.jinja", title=self.title, kind=KIND, mistakes=self)
