"""What was asked of a training before it began."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.evaluation.drawings.rate_range import rate_range_svg
from sightline.evaluation.pages.page import fragment, markup

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class CheckRow:
    """One check that was made.

    Args:
        name: As the pre-flight calls it.
        codes: Of what is wrong; empty if nothing is.
    """

    name: str
    question: str
    line: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class BeforeTraining:
    """What was asked of a training before it began.

    Args:
        rows: One a check, at least one.
        left_out: Names of the checks that were not made.
        curves: (rates, losses) of each climb of the learning rate; none if it was not tried.
        suggestion: The learning rate that they suggest; None for none.
    """

    key: ClassVar[str] = "preflight"
    title: ClassVar[str] = "Before the training"

    rows: tuple[CheckRow, ...]
    left_out: tuple[str, ...] = ()
    curves: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...] = ()
    suggestion: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what each check saw."""
        checks = {row.name: {"line": row.line, "codes": list(row.codes)} for row in self.rows}
        return {"preflight": {"checks": checks, "left_out": list(self.left_out), "suggestion": self.suggestion}}

    def html(self) -> "Markup":
        """Return the table of checks, and the climbs of the learning rate."""
        drawing = markup(rate_range_svg(self.curves, suggestion=self.suggestion))
        return fragment("report/network/preflight.html.jinja", section=self, drawing=drawing)
