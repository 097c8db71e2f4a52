"""From a catalog to everything that a training needs: pixels, a split, a fitted preprocess."""

from dataclasses import dataclass
from typing import cast

from sightline.core.findings import Finding
from sightline.data.catalog import TRAIN, Catalog, Rows
from sightline.data.health.flips import FlipCheck
from sightline.data.settings import NONE, DataSettings
from sightline.data.splits import UNLABELLED, Split
from sightline.data.survey.memory import training_chunks
from sightline.data.survey.record import Surveyed
from sightline.imaging.photo import Pixels
from sightline.imaging.picture_format import PictureFormat
from sightline.imaging.preprocess import Centre, Preprocess, Scale, fitted


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

    def unlabelled(self, data: DataSettings) -> Rows:
        """Return the rows without a label that are learnt from, ascending; none where nobody asked for that."""
        return self.split.rows(UNLABELLED if data.unlabelled != NONE else "")


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
