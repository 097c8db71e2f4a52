"""From a catalog to everything that a training needs: pixels, a split, a fitted preprocess."""

from dataclasses import dataclass
from typing import cast

from sightline.core.errors import DataError
from sightline.core.findings import Finding, errors_among, gravest_first
from sightline.core.text import MOST_SIGNS, brief
from sightline.data.catalog import PARTS, TRAIN, VALIDATION, Catalog
from sightline.data.checks import check, check_split
from sightline.data.health.flips import FlipCheck
from sightline.data.splits import Split, split
from sightline.data.survey.memory import training_chunks
from sightline.data.survey.record import Surveyed
from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import Centre, Preprocess, Scale, fitted
from sightline.line.settings.values import Settings

SHOWN_EVIDENCE = 5


@dataclass(frozen=True)
class Prepared:
    """A data set that is ready to be learnt from.

    Args:
        surveyed: The samples with their facts and pixels.
        findings: What was noticed, gravest first; no error among them.
        split: The part of each sample.
        preprocess: Fitted on the training part.
        flips: What flips and turns would make of the training pictures.
    """

    surveyed: Surveyed
    findings: tuple[Finding, ...]
    split: Split
    preprocess: Preprocess
    flips: FlipCheck

    @property
    def catalog(self) -> Catalog:
        """The samples."""
        return self.surveyed.catalog

    @property
    def pixels(self) -> Pixels:
        """(N, H, W, C) uint8 of every sample; zeros where a picture can't be read."""
        return cast("Pixels", self.surveyed.pixels)


def checked_split(surveyed: Surveyed, settings: Settings, *, test_fraction: float) -> tuple[Split, tuple[Finding, ...]]:
    """Check the data, and return the split that the settings ask for, with what was noticed.

    Args:
        surveyed: A catalog of which every sample was looked at.
        settings: The share of the validation part, the findings that are accepted, and the seed.
        test_fraction: Of the pictures, for the test part where the data gives none; 0 for no test part.

    Raises:
        DataError: Something must be mended first; the message names all of it.
    """
    findings = check(surveyed, accept=settings.data.accept)
    require_mended(errors_among(findings))
    division = split(
        surveyed,
        validation_fraction=settings.data.validation_fraction,
        test_fraction=test_fraction,
        seed=settings["seed"],
    )
    needed = PARTS if test_fraction else (TRAIN, VALIDATION)
    of_split = check_split(surveyed, division, accept=settings.data.accept, parts=needed)
    findings = gravest_first((*findings, *of_split))
    require_mended(errors_among(findings))
    return division, findings


def prepare(
    surveyed: Surveyed,
    division: Split,
    *,
    scaling: tuple[Centre, Scale],
    seed: int,
    findings: tuple[Finding, ...] = (),
) -> Prepared:
    """Fit the preprocessing on the training part of a split; any number of splits may share one look.

    Args:
        surveyed: A catalog of which every sample was looked at, with pixels.
        division: One of its splits.
        scaling: How pixels are centred and scaled.
        seed: 0 or more; decides which pictures are asked about flips.
        findings: What was noticed of the data.
    """
    catalog, pixels, training = surveyed.catalog, cast("Pixels", surveyed.pixels), division.rows(TRAIN)
    centre, scale = scaling
    input_format = cast("PictureFormat", surveyed.format)
    preprocess = fitted(input_format, training_chunks(pixels, training), centre=centre, scale=scale)
    flips = FlipCheck(catalog.classes, pixels, labels=catalog.labels, rows=training, seed=seed)
    return Prepared(surveyed, findings, division, preprocess, flips)


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
    lines = "; ".join(brief(line, MOST_SIGNS) for line in finding.evidence[:SHOWN_EVIDENCE])
    return f" ({lines}{f'; and {more} more' if more > 0 else ''})"
