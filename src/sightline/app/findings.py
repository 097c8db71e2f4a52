"""Findings as lines of text."""

from collections.abc import Iterator

from sightline.core.findings import Finding
from sightline.core.text import MOST_SIGNS, shortened, visible


def evidence_lines(finding: Finding, most: int, *, longest: int = MOST_SIGNS) -> Iterator[str]:
    """Yield at most so many lines of evidence, none longer than so many signs, and how many more there are.

    Example:
        >>> from sightline.core.findings import Severity
        >>> list(evidence_lines(Finding("few", Severity.NOTE, "few pictures", "add some", ("a", "b", "c")), 2))
        ['a', 'b', '... and 1 more']
    """
    yield from (visible(shortened(line, longest)) for line in finding.evidence[:most])
    if len(finding.evidence) > most:
        yield f"... and {len(finding.evidence) - most:,} more"


def finding_lines(finding: Finding, most: int, *, longest: int = MOST_SIGNS) -> Iterator[str]:
    """Yield a finding: what was noticed, at most so many lines of evidence, and what to do."""
    yield f"{finding.severity.value} [{finding.code}] {visible(finding.symptom)}"
    for line in evidence_lines(finding, most, longest=longest):
        yield f"    {line}"
    yield f"  -> {visible(finding.advice)}"
