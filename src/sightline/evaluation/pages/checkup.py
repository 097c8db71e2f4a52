"""The page of ``sightline check --report``: findings, near copies side by side, and pictures that stand out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.core.findings import Finding
from sightline.evaluation.pages.page import page
from sightline.evaluation.report.findings import Findings

KIND = "check"
MOST_EVIDENCE = 200
"""Lines of evidence of each finding: a page with a dozen findings stays below 1 MB of words."""
MOST_CLASSES = 20
"""Classes that are listed before the table has to be unfolded."""


@dataclass(frozen=True, eq=False)
class LabelledPicture:
    """A picture with what is said of it.

    Args:
        path: The file, as its user knows it.
        label: Its class; empty where it has none.
        part: The part that it was given to; empty where it was given to none.
        pixels: (H, W, 3) uint8.
    """

    path: str
    label: str
    part: str
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class PicturedPair:
    """Two near copies, or two pictures that a base sees as alike.

    Args:
        kind: What one is to the other.
        distance: Of copies, 0 for the same pixels and below 0.3; of similar ones, how similar they are.
    """

    first: LabelledPicture
    second: LabelledPicture
    kind: str
    distance: float

    @property
    def crosses(self) -> tuple[str, ...]:
        """What the two stand on both sides of, such as ``"two parts"``."""
        sides = {
            "two parts": (self.first.part, self.second.part),
            "two classes": (self.first.label, self.second.label),
        }
        return tuple(words for words, (one, other) in sides.items() if one and other and one != other)


@dataclass(frozen=True, eq=False)
class Strip:
    """The first of the pictures that a finding is about.

    Args:
        title: The finding in one sentence.
        count: How many there are, with those that are not shown.
    """

    title: str
    pictures: tuple[LabelledPicture, ...]
    count: int


@dataclass(frozen=True)
class ClassCount:
    """How many pictures of a class can be read.

    Args:
        count: Its pictures in all parts together.
        counts: Its pictures in each given part, in the page's order; none where no parts are given.
    """

    name: str
    count: int
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class CheckupPage:
    """What was noticed about a data set.

    Args:
        title: The heading; it may be a stranger's.
        about: How many pictures and classes there are, in a line.
        pairs: Near copies, the most harmful first.
        pair_count: How many pairs there are, with those that are not shown.
        similar: Pairs that look like shots of one scene, the most similar first.
        similar_count: How many of these there are.
        strips: Examples of pictures that stand out, one strip a finding.
    """

    title: str
    about: str
    findings: tuple[Finding, ...]
    pairs: tuple[PicturedPair, ...]
    pair_count: int
    similar: tuple[PicturedPair, ...]
    similar_count: int
    strips: tuple[Strip, ...]
    parts: tuple[str, ...]
    classes: tuple[ClassCount, ...]

    def html(self) -> str:
        """Return the page, which asks for nothing outside itself."""
        findings = Findings(self.findings, most=MOST_EVIDENCE, elsewhere="sightline check --json")
        return page(
            "pages/checkup.html.jinja", title=self.title, kind=KIND, shown=self, findings=findings, most=MOST_CLASSES
        )
