"""The classes are split, not the pictures, once the data is known to be sound."""

from collections.abc import Iterator

from sightline.core.findings import Finding, Severity, errors_among, gravest_first
from sightline.data.by_class.checks import CLASS_CHECKS, check_class_split
from sightline.data.by_class.splits import LEAST_CLASSES, can_hold_out, gives_classes, split_classes
from sightline.data.catalog import PARTS, TRAIN, VALIDATION
from sightline.data.checks import check
from sightline.data.settings import CHANCE
from sightline.data.splits import Split
from sightline.data.survey.record import Surveyed
from sightline.line.input.checked_split import checked_split, require_mended, split_by_unused
from sightline.line.settings.values import Settings


def checked_class_split(
    surveyed: Surveyed, settings: Settings, *, test_fraction: float
) -> tuple[Split, tuple[Finding, ...]]:
    """Check the data, and return the split of its classes; of its pictures, where there are too few classes to split.

    Args:
        surveyed: A catalog of which every sample was looked at.
        settings: The shares of the groups of classes, the findings that are accepted, and the seed.
        test_fraction: For the test part where the data gives none; 0 for no test part.

    Raises:
        DataError: Something must be mended first; the message names all of it.
    """
    needed = PARTS if test_fraction else (TRAIN, VALIDATION)
    if not can_hold_out(surveyed.catalog, parts=len(needed)) and not gives_classes(surveyed.catalog):
        division, findings = checked_split(surveyed, settings, test_fraction=test_fraction)
        return division, gravest_first((*findings, _too_few_to_hold_out(surveyed, len(needed))))
    findings = check(surveyed, accept=settings.data.accept, checks=CLASS_CHECKS)
    require_mended(errors_among(findings))
    division = split_classes(
        surveyed,
        validation_fraction=settings.data.validation_fraction,
        test_fraction=test_fraction,
        seed=settings["seed"],
    )
    of_split = tuple(check_class_split(surveyed, division, parts=needed))
    require_mended(errors_among(of_split))
    return division, gravest_first((*findings, *of_split, *_held_out_before_time(settings)))


def _held_out_before_time(settings: Settings) -> Iterator[Finding]:
    if settings.data.split_by != CHANCE:
        yield split_by_unused(
            f"--split-by {settings.data.split_by} decides nothing: classes are held out here, not the latest pictures",
            "leave --split-by out, or learn to classify",
        )


def _too_few_to_hold_out(surveyed: Surveyed, parts: int) -> Finding:
    return Finding(
        "no-class-held-out",
        Severity.WARNING,
        f"{len(surveyed.catalog.classes)} classes are too few to hold some out: the pictures are split, and every "
        "figure speaks of classes that the model has learnt",
        f"give {LEAST_CLASSES * parts} classes or more to learn what new classes will be like",
    )
