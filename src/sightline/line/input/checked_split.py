"""Pictures that were looked at are checked and split: where an error stops a training, with all of them."""

from collections.abc import Iterator, Sequence

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
    needed = PARTS if test_fraction else (TRAIN, VALIDATION)
    by = settings.data.split_by
    times = None if by == CHANCE else times_of(surveyed, by)
    if times is not None:
        findings = (*findings, *without_time(surveyed, times), *_kept_before_time(surveyed, by, needed))
    division = split(
        surveyed,
        validation_fraction=settings.data.validation_fraction,
        test_fraction=test_fraction,
        seed=settings.split_seed,
        times=times,
    )
    of_split = check_split(surveyed, division, accept=settings.data.accept, parts=needed, times=times)
    findings = gravest_first((*findings, *of_split, *_nothing_unlabelled(division, settings)))
    require_mended(errors_among(findings))
    return with_calibration_part(surveyed, division, seed=settings["seed"]), findings


def _kept_before_time(surveyed: Surveyed, by: str, needed: Sequence[str]) -> Iterator[Finding]:
    """Find that parts are given, so that time decides the others alone, or none."""
    given = [part for part in needed if part != TRAIN and part in surveyed.catalog.given_parts]
    if given:
        made = [part for part in needed if part not in (TRAIN, *given)]
        yield split_by_unused(
            f"--split-by {by} decides {f'the {made[0]} part alone' if made else 'nothing'}: the data gives the parts "
            f"for {' and '.join(given)}, and they are kept",
            "take out what gives them (a column split, or folders of these names), or leave --split-by out",
        )


def split_by_unused(symptom: str, advice: str) -> Finding:
    """Return what is said where a wish to split by time is not, or not wholly, followed."""
    return Finding("split-by-unused", Severity.WARNING, symptom, advice)


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
