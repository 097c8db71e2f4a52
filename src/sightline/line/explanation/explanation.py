"""What ``sightline explain`` found out of all pictures."""

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from sightline.evaluation.pages.page import framed
from sightline.line.explanation.page import VERB, explanation_html
from sightline.line.explanation.record import ExplainedPicture, WayScore
from sightline.line.pages.page_file import write_page


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a model's answers to some pictures are what they are.

    Args:
        title: The heading; it may be a stranger's.
        about: One line on the model.
        pictures: Those that could be read, in the order in which they were named.
        notes: What is not there, and why, as sentences.
        problems: Why each other picture could not be read, one a picture.
        scores: How each way fared over the pictures; none for a single picture.
    """

    title: str
    about: str
    pictures: tuple[ExplainedPicture, ...]
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    scores: tuple[WayScore, ...] = ()

    def __repr__(self) -> str:
        """Return how many pictures are explained, in one line."""
        return f"<Explanation: {len(self.pictures)} pictures by {', '.join(self.ways)}>"

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways that the pictures were explained in."""
        return tuple(one.way for one in self.pictures[0].maps) if self.pictures else ()

    def as_json(self) -> dict[str, Any]:
        """Return what ``sightline explain --json`` prints: plain values."""
        return {
            "model": self.about,
            "pictures": [picture.as_json() for picture in self.pictures],
            "scores": [vars(score) for score in self.scores],
            "notes": list(self.notes),
            "problems": list(self.problems),
        }

    def html(self) -> str:
        """Return the page, which asks for nothing outside itself.

        Raises:
            MissingExtraError: A package that draws the page is not installed.
        """
        return explanation_html(
            self.title,
            about=self.about,
            pictures=self.pictures,
            notes=self.notes,
            problems=self.problems,
            scores=self.scores,
        )

    def write(self, out: Path) -> None:
        """Write the page, whole or not at all.

        Raises:
            RunError: Something else is there already, or it can't be written.
            MissingExtraError: A package that draws the page is not installed.
        """
        write_page(self.html(), out, verb=VERB, option="--out")

    def _repr_html_(self) -> str:
        """Show the page in a notebook, in a frame of its own."""
        return f'<iframe srcdoc="{escape(framed(self.html()))}" style="width: 100%; height: 40rem; border: 0"></iframe>'
