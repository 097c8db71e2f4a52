"""Whether two pictures show the same: how far apart a model sees them, and what such a distance is worth."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sightline.core.errors import BundleError
from sightline.evaluation.pairs.rates import PairRates, pair_rates
from sightline.inference.classifier import Classifier
from sightline.inference.pictures import Picture, name_of, reading_of
from sightline.inference.support.distances import unit
from sightline.inference.support.nearest import NearestRule


@dataclass(frozen=True)
class Verification:
    """What a model says of two pictures.

    Args:
        names: What they are called.
        distance: Between their embeddings, 0 to 2.
        rates: The threshold and what it was measured at; None where the model file holds nothing to measure by.
    """

    names: tuple[str, str]
    distance: float
    rates: PairRates | None

    @property
    def is_same(self) -> bool | None:
        """Whether they are near enough; None where no threshold is known."""
        return None if self.rates is None else self.distance <= self.rates.distance

    @property
    def probability(self) -> float | None:
        """Of the same class, where same and different are as likely; None where it was not calibrated on pairs."""
        return None if self.rates is None else float(self.rates.sigmoid(-self.distance))

    def as_json(self) -> dict[str, Any]:
        """Return what ``sightline verify --json`` prints: plain values."""
        return {
            "pictures": list(self.names),
            "same": self.is_same,
            "distance": self.distance,
            "probability": self.probability,
            "rates": None if self.rates is None else self.rates.as_json(),
        }


def verify(classifier: Classifier, first: Picture, second: Picture) -> Verification:
    """Compare two pictures.

    Args:
        classifier: Of any kind that has features; only one that was trained to compare knows what a distance is worth.
        first: A path, a file's bytes, a Pillow image or an array.
        second: Of the same kinds.

    Raises:
        BundleError: The model's graph does not say what its last layer reads.
        PictureError: A picture can't be read.
    """
    if not classifier.features:
        raise BundleError(
            "this model can't compare pictures: its graph does not say what its last layer reads",
            hint="train it again with this version of sightline",
        )
    names = name_of(first, otherwise="the first picture"), name_of(second, otherwise="the second picture")
    pixels = [
        reading_of(picture, classifier.format, name=name).pixels
        for picture, name in zip((first, second), names, strict=True)
    ]
    rows = unit(classifier.with_features(np.stack(pixels))[1]).astype(np.float64)
    return Verification(names, float(np.linalg.norm(rows[0] - rows[1])), rates_of(classifier))


def rates_of(classifier: Classifier) -> PairRates | None:
    """Return what a distance is worth, measured on the strangers that a model file holds; None where it holds none."""
    rule = classifier.rule
    cohort = rule.cohort if isinstance(rule, NearestRule) else None
    if cohort is None:
        return None
    return pair_rates(cohort.embeddings, cohort.labels, cohort.clusters, rate=cohort.rate)
