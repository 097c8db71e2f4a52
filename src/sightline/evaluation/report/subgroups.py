"""How the model fares on kinds of pictures."""

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.breakdown.subgroups import SubgroupScores
from sightline.evaluation.pages.page import fragment

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_GROUPS = 40
"""Of one attribute, the least accurate ones."""


@dataclass(frozen=True)
class Subgroups:
    """Accuracy by class, size, brightness, file type and other columns, with the worst group named."""

    key: ClassVar[str] = "subgroups"
    title: ClassVar[str] = "Kinds of pictures"

    scores: SubgroupScores

    def as_json(self) -> dict[str, Any]:
        """Return every group, and the worst."""
        return {"subgroups": self.scores.as_json()}

    def html(self) -> "Markup":
        """Return the sentence on the worst group, and a table an attribute."""
        tables = [
            (attribute, sorted(groups, key=lambda group: group.accuracy) if many else groups)
            for attribute, groups, many in self._tables()
        ]
        return fragment(
            "report/subgroups.html.jinja", section=self, scores=self.scores, tables=tables, most=MOST_GROUPS
        )

    def _tables(self) -> list[tuple[str, list[Any], bool]]:
        by_attribute = groupby(self.scores.groups, key=lambda group: group.attribute)
        listed = [(attribute, list(groups)) for attribute, groups in by_attribute]
        return [(attribute, groups, len(groups) > MOST_GROUPS) for attribute, groups in listed]
