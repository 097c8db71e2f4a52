"""Findings: what a check noticed, with how much it matters and what to do."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much a finding matters, gravest first."""

    ERROR = "error"
    """Must be solved before training."""
    WARNING = "warning"
    """Training goes on; the result is weaker or narrower than it looks."""
    NOTE = "note"
    """Good to know."""


@dataclass(frozen=True)
class Finding:
    """One thing that was noticed: what it is, where, and what to do.

    Args:
        code: A stable name such as ``"unreadable-picture"``, for ``--accept`` and for programs.
        symptom: What was seen, in one sentence with its numbers.
        advice: What the user can do about it.
        evidence: The files or figures behind it; never shortened here, only where it is shown.
        is_final: Whether a training with it must fail, so that nobody can accept it.
    """

    code: str
    severity: Severity
    symptom: str
    advice: str
    evidence: tuple[str, ...] = ()
    is_final: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain values for ``report.json``."""
        return {name: value for name, value in asdict(self).items() if name != "is_final"}


def gravest_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings with errors before warnings before notes, else in their order."""
    order = list(Severity)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))


def errors_among(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that must be solved before training."""
    return tuple(finding for finding in findings if finding.severity is Severity.ERROR)
