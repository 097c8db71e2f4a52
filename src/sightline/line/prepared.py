"""From a catalog to everything that a training needs: pixels, a split, a fitted preprocess."""

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import cast

from sightline.classical import PIPELINES
from sightline.core.errors import DataError
from sightline.core.findings import Finding, errors_among
from sightline.core.rules import AUTO
from sightline.data.cache_folder import pixel_folder
from sightline.data.catalog import PARTS, TRAIN, VALIDATION, Catalog
from sightline.data.checks import check
from sightline.data.splits import Split, split
from sightline.data.survey import Survey
from sightline.data.survey.look import peek
from sightline.data.survey.memory import training_chunks
from sightline.data.survey.record import Surveyed
from sightline.imaging.colours import ColourSpace
from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat, Resize
from sightline.imaging.preprocess import Centre, Preprocess, Scale, fitted
from sightline.line.settings import Settings
from sightline.models import MODELS

LEAST_SIDE, MOST_SIDE = 16, 64
GREY_MODES = ("1", "L", "LA", "I", "F", "I;16", "I;16B", "I;16L")
SHOWN_EVIDENCE = 5


@dataclass(frozen=True)
class Prepared:
    """A data set that is ready to be learnt from.

    Args:
        surveyed: The samples with their facts and pixels.
        split: The part of each sample.
        findings: What was noticed, gravest first; no error among them.
        preprocess: Fitted on the training part.
    """

    surveyed: Surveyed
    split: Split
    findings: tuple[Finding, ...]
    preprocess: Preprocess

    @property
    def catalog(self) -> Catalog:
        """The samples."""
        return self.surveyed.catalog

    @property
    def pixels(self) -> Pixels:
        """(N, H, W, C) uint8 of every sample; zeros where a picture can't be read."""
        return cast("Pixels", self.surveyed.pixels)


def begin_reading(catalog: Catalog, settings: Settings, *, keep_in: Path) -> Survey:
    """Begin to look at every picture, before it is known whether the network can learn from them.

    Args:
        catalog: The samples.
        settings: What every picture becomes.
        keep_in: A folder for pixels that do not fit into memory.

    Raises:
        SettingsError: The size is too small for the network.
        RunError: The folder is needed and can't be written.
    """
    return Survey(catalog, choose_format(catalog, settings), keep_in=keep_in, cache_in=pixel_folder())


def checked_split(surveyed: Surveyed, settings: Settings) -> tuple[Split, tuple[Finding, ...]]:
    """Check the data, and return the split that the settings ask for, with what was noticed.

    Raises:
        DataError: Something must be mended first; the message names all of it.
    """
    findings = check(surveyed, accept=settings.accept)
    require_mended(errors_among(findings))
    division = split(
        surveyed,
        validation_fraction=settings.validation_fraction,
        test_fraction=settings.test_fraction,
        seed=settings.seed,
    )
    _require_filled(division, settings)
    return division, findings


def prepare(surveyed: Surveyed, division: Split, settings: Settings, *, findings: tuple[Finding, ...] = ()) -> Prepared:
    """Fit the preprocessing on the training part of a split; any number of splits may share one look.

    Args:
        surveyed: With pixels.
        division: One of its splits.
        settings: Which centring and scaling.
        findings: What was noticed of the data.
    """
    preprocess = fitted(
        cast("PictureFormat", surveyed.format),
        training_chunks(cast("Pixels", surveyed.pixels), division.rows(TRAIN)),
        centre="none" if settings.is_pipeline else cast("Centre", settings.centre),
        scale="none" if settings.is_pipeline else cast("Scale", settings.scale),
    )
    return Prepared(surveyed, division, findings, preprocess)


def choose_format(catalog: Catalog, settings: Settings) -> PictureFormat:
    """Return what every picture becomes; ``auto`` looks at the first facts of some of them.

    Raises:
        SettingsError: The size is too small for the network.
    """
    least, most = _sides(settings)
    looks = list(peek(catalog)) if AUTO in (settings.size, settings.colours) else []
    size = settings.input_size()
    if size is None:
        side = int(median(min(width, height) for width, height, _ in looks)) if looks else least
        size = (max(least, min(side, most)),) * 2
    if not settings.is_pipeline:
        MODELS[settings.model].check_size(settings.model, *size)
    colours = settings.colours
    if colours == AUTO:
        colours = "grey" if looks and all(mode in GREY_MODES for _, _, mode in looks) else "rgb"
    height, width = size
    return PictureFormat(height, width, cast("ColourSpace", colours), cast("Resize", settings.resize))


def _sides(settings: Settings) -> tuple[int, int]:
    """Return what size ``auto`` stays between, in pixels."""
    if settings.is_pipeline:
        return LEAST_SIDE, PIPELINES[settings.model].most_side
    return max(MODELS[settings.model].minimum_size, LEAST_SIDE), MOST_SIDE


def require_mended(errors: tuple[Finding, ...]) -> None:
    """Raise if there are errors, naming all of them.

    Raises:
        DataError: There are.
    """
    if errors:
        told = "\n".join(
            f"  - [{finding.code}] {finding.symptom}{_some(finding)}: {finding.advice}" for finding in errors
        )
        raise DataError(
            f"before training, this must be mended:\n{told}",
            hint="`sightline check DATA` lists every file",
        )


def _some(finding: Finding) -> str:
    if not finding.evidence:
        return ""
    more = len(finding.evidence) - SHOWN_EVIDENCE
    return f" ({'; '.join(finding.evidence[:SHOWN_EVIDENCE])}{f'; and {more} more' if more > 0 else ''})"


def _require_filled(division: Split, settings: Settings) -> None:
    needed = PARTS if settings.test_fraction else (TRAIN, VALIDATION)
    empty = [part for part in needed if not len(division.rows(part))]
    if empty:
        counts = ", ".join(f"{count} for {part}" for part, count in division.counts().items())
        raise DataError(
            f"no picture is left for {' and '.join(empty)} ({counts})",
            hint="add pictures: each class needs at least three that are not copies of each other",
        )
