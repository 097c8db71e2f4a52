"""What the checks noticed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sightline.core.findings import Finding, gravest_first
from sightline.evaluation.pages.page import fragment

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_EVIDENCE = 20
"""Lines of evidence on a report; its ``report.json`` has all."""


@dataclass(frozen=True)
class Findings:
    """What the checks noticed; may be nothing.

    Args:
        most: Lines of evidence of each that the page has.
        elsewhere: What lists all of them.
    """

    key: ClassVar[str] = "findings"
    title: ClassVar[str] = "What the checks noticed"

    findings: tuple[Finding, ...]
    most: int = MOST_EVIDENCE
    elsewhere: str = "the JSON report"

    def as_json(self) -> dict[str, Any]:
        """Return the findings with all their evidence."""
        return {"findings": [finding.as_json() for finding in self.findings]}

    def html(self) -> "Markup":
        """Return the findings, the gravest first."""
        return fragment("report/findings.html.jinja", section=self, findings=gravest_first(self.findings))
