"""Findings: what a check noticed, with how much it matters and what to do."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Self

from sightline.core.choose import nearest
from sightline.core.text import listed


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

    @classmethod
    def of_json(cls, values: Mapping[str, Any]) -> Self:
        """Return the finding of which `as_json` and JSON have these values.

        Raises:
            KeyError, TypeError, ValueError: They are something else.
        """
        return cls(**{**values, "severity": Severity(values["severity"]), "evidence": tuple(values["evidence"])})


def gravest_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings with errors before warnings before notes, else in their order."""
    order = list(Severity)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))


def errors_among(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that must be solved before training."""
    return tuple(finding for finding in findings if finding.severity is Severity.ERROR)


MILDER = {Severity.ERROR: Severity.WARNING, Severity.WARNING: Severity.NOTE, Severity.NOTE: Severity.NOTE}
"""What becomes of a finding that the user takes as it is."""


def accepted(findings: Iterable[Finding], codes: Iterable[str]) -> tuple[Finding, ...]:
    """Return the findings, those with one of the codes one step milder; final ones stay as they are."""
    taken = set(codes)
    return tuple(
        replace(finding, severity=MILDER[finding.severity])
        if finding.code in taken and not finding.is_final
        else finding
        for finding in findings
    )


def accepted_for_nothing(findings: Iterable[Finding], codes: Iterable[str]) -> Iterator[Finding]:
    """Find that codes are accepted which no finding has: a slip, or what is mended by now.

    Args:
        findings: All that there are.
        codes: Those that the user takes as they are.
    """
    present = {finding.code: "" for finding in findings}
    unmet = sorted({*codes} - {*present})
    if unmet:
        near = {code: nearest(code, present) for code in unmet}
        yield Finding(
            "accept-unused",
            Severity.NOTE,
            f"accepted, but nothing in the data has this code: {listed(unmet)}",
            "".join(f"did you mean {meant} by {code}? " for code, meant in near.items() if meant)
            + "Leave it out, unless it is meant for what pre-flight checks or the epochs show",
        )
