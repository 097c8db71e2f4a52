"""The report of one evaluation: a head and sections, as one HTML page that needs no other file and as its JSON twin.

A section that has nothing to say is not there. Nobody fills a report in afterwards: each section is made from
what it shows, and then the report of all of them.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from sightline.evaluation.key_figures import KeyFigure
from sightline.evaluation.pages.page import page
from sightline.evaluation.pages.summary import Summary, meta_line, summary_html

if TYPE_CHECKING:
    from markupsafe import Markup

ORDER = (
    "result",
    "near-copies",
    "episodes",
    "verification",
    "embedding",
    "cross-validation",
    "search",
    "ensemble",
    "confidence",
    "comparison",
    "findings",
    "preflight",
    "training",
    "heads",
    "unlabelled",
    "fitting",
    "learning-curve",
    "plane",
    "examples",
    "classes",
    "drift",
    "subgroups",
    "robustness",
    "seeds",
    "confusion",
    "mistakes",
    "labels",
    "uncertain",
    "layers",
    "provenance",
    "next",
)
"""Where the sections stand on the page; one with another key stands before the last two of these."""
KEYS = (
    "split",
    "test",
    "similarity",
    "episodes",
    "verification",
    "overlap",
    "worth",
    "preflight",
    "training",
    "history",
    "base",
    "heads",
    "learning_on",
    "unlabelled",
    "fitting",
    "learning_curve",
    "verdict",
    "comparison",
    "cross_validation",
    "search",
    "ensemble",
    "plane",
    "findings",
    "label_errors",
    "seconds",
    "mistakes",
    "next_steps",
    "uncertain",
    "proof",
    "confidence",
    "preprocess",
    "settings",
    "environment",
    "layers",
    "subgroups",
    "robustness",
    "seeds",
    "without_copies",
    "drift",
)
"""What a program finds in every ``report.json`` beside the head; null where no section says anything of it."""


class Section(Protocol):
    """One part of a report, from what it shows to how it looks."""

    @property
    def key(self) -> str:
        """What `ORDER` and the page's links call it: one word in lower case."""

    @property
    def title(self) -> str:
        """Its heading, also in the table of contents."""

    def as_json(self) -> dict[str, Any]:
        """Return the entries that it adds to ``report.json``; none where the page alone shows it."""

    def html(self) -> "Markup":
        """Return its part of the page: a ``<section>`` whose id is the key."""


@dataclass(frozen=True)
class Head:
    """What a report is about.

    Args:
        title: The heading; it may be a stranger's.
        model: What `sightline models` calls the model.
        parameters: How many numbers the model has learnt.
        classes: The names, in the order of the scores.
        created: When the report was made, as text.
        figures: The numbers that sum the model up; a notebook shows them above the page.
    """

    title: str
    model: str
    parameters: int
    classes: tuple[str, ...]
    created: str
    figures: tuple[KeyFigure, ...]

    @property
    def meta(self) -> str:
        """The line below the heading."""
        return meta_line(self.model, self.parameters, len(self.classes), self.created)

    def as_json(self) -> dict[str, Any]:
        """Return the first entries of ``report.json``."""
        names = ("title", "created", "model", "parameters", "classes")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, eq=False)
class Report:
    """Everything that the page and its JSON twin tell.

    Args:
        head: What the report is about.
        sections: In the order of the page; see `in_order`.
    """

    head: Head
    sections: tuple[Section, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values that any JSON reader takes: no NaN, no Infinity, no arrays.

        A number that is not finite becomes None.
        """
        document = self.head.as_json() | dict.fromkeys(KEYS)
        for section in self.sections:
            document |= section.as_json()
        plain: dict[str, Any] = _plain(document)
        return plain

    def html(self) -> str:
        """Return the report as one page that asks for nothing outside itself."""
        return page(
            "report/report.html.jinja",
            title=self.head.title,
            kind="report",
            head=self.head,
            sections=self.sections,
        )

    def _repr_html_(self) -> str:
        """Return the head for a notebook, with the page to unfold."""
        head = self.head
        return summary_html(Summary(head.title, head.meta, head.figures, whole_page=self.html()))


def in_order(sections: Iterable[Section]) -> tuple[Section, ...]:
    """Return sections in the order of the page."""
    places = {key: place for place, key in enumerate(ORDER)}
    unknown = len(ORDER) - 2.5
    return tuple(sorted(sections, key=lambda section: places.get(section.key, unknown)))


def _plain(value: Any) -> Any:
    """Return a value with JSON's own types alone, numbers that are not finite as None."""
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | None) else str(value)
