"""The page of ``sightline preflight``: what was asked of a training, and the pictures as the network sees them."""

from dataclasses import dataclass

from sightline.core.findings import Finding
from sightline.evaluation.pages.page import page
from sightline.evaluation.pictures import uri_of
from sightline.evaluation.report.findings import Findings
from sightline.evaluation.report.network.preflight import BeforeTraining

KIND = "preflight"


@dataclass(frozen=True)
class PreflightPage:
    """A training that was looked at before it began.

    Args:
        title: The heading; it may be a stranger's.
        findings: Of checks, data and settings.
        section: What each check saw.
        sheet: A PNG of some pictures as the network sees them.
        caption: What the sheet shows.
    """

    title: str
    findings: tuple[Finding, ...]
    section: BeforeTraining
    sheet: bytes
    caption: str

    def html(self) -> str:
        """Return the page, which asks for nothing outside itself."""
        sections = (Findings(self.findings), self.section)
        return page(
            "pages/preflight.html.jinja",
            title=self.title,
            kind=KIND,
            shown=self,
            sections=sections,
            address=uri_of(self.sheet, "png"),
        )
