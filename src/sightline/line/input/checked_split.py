"""Pictures that were looked at are checked and split: where an error stops a training, with all of them."""

from collections.abc import Iterator

from sightline.core.errors import DataError
from sightline.core.findings import Finding, Severity, errors_among, gravest_first
from sightline.core.text import MOST_SIGNS, shortened
from sightline.data.catalog import PARTS, TRAIN, VALIDATION
from sightline.data.checks import check, check_split
from sightline.data.settings import CHANCE, NONE
from sightline.data.splits import UNLABELLED, Split, split, with_calibration_part
from sightline.data.survey.record import Surveyed
from sightline.data.times.reading import times_of, without_time
from sightline.line.settings.values import Settings

SHOWN_EVIDENCE = 5


def checked_split(surveyed: Surveyed, settings: Settings, *, test_fraction: float) -> tuple[Split, tuple[Finding, ...]]:
    """Check the data, and return the split that the settings ask for, with what was noticed.

    Args:
        surveyed: A catalog of which every sample was looked at.
        settings: The share of the validation part, the findings that are accepted, and what decides the parts.
        test_fraction: Of the pictures, for the test part where the data gives none; 0 for no test part.

    Raises:
        SettingsError: There is no such column to split by.
        DataError: Something must be mended first; the message names all of it.
    """
    findings = check(surveyed, accept=settings.data.accept)
    require_mended(errors_among(findings))
    by = settings.data.split_by
    times = None if by == CHANCE else times_of(surveyed, by)
    if times is not None:
        findings = gravest_first((*findings, *without_time(surveyed, times)))
    division = split(
        surveyed,
        validation_fraction=settings.data.validation_fraction,
        test_fraction=test_fraction,
        seed=settings.split_seed,
        times=times,
    )
    needed = PARTS if test_fraction else (TRAIN, VALIDATION)
    of_split = check_split(surveyed, division, accept=settings.data.accept, parts=needed)
    findings = gravest_first((*findings, *of_split, *_nothing_unlabelled(division, settings)))
    require_mended(errors_among(findings))
    return with_calibration_part(surveyed, division, seed=settings["seed"]), findings


def _nothing_unlabelled(division: Split, settings: Settings) -> Iterator[Finding]:
    """Find that nothing is left of the pictures without labels that were to be learnt from."""
    if settings.data.unlabelled != NONE and not len(division.rows(UNLABELLED)):
        yield Finding(
            "nothing-unlabelled",
            Severity.WARNING,
            f"unlabelled = {settings.data.unlabelled!r}, and none of these pictures is left to be learnt from",
            "give pictures that can be read and are no copies of those that are tested on",
        )


def require_mended(errors: tuple[Finding, ...]) -> None:
    """Raise if there are errors, naming all of them.

    Raises:
        DataError: There are.
    """
    if errors:
        problems = "\n".join(
            f"  - [{finding.code}] {finding.symptom}{_some(finding)}: {finding.advice}" for finding in errors
        )
        raise DataError(
            f"before training, this must be mended:\n{problems}",
            hint="`sightline check DATA` lists every file",
        )


def _some(finding: Finding) -> str:
    if not finding.evidence:
        return ""
    more = len(finding.evidence) - SHOWN_EVIDENCE
    lines = "; ".join(shortened(line, MOST_SIGNS) for line in finding.evidence[:SHOWN_EVIDENCE])
    return f" ({lines}{f'; and {more} more' if more > 0 else ''})"
