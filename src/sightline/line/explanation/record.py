"""What is known of one picture: maps, how far they can be believed, and what is like it."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from sightline.core.intervals import Interval
from sightline.core.percent import percent
from sightline.inference.explanation.evidence import Evidence
from sightline.inference.explanation.heat import Heat
from sightline.inference.explanation.perturbation import PerturbationCurves
from sightline.inference.prediction import Neighbour


@dataclass(frozen=True, eq=False)
class ExplainedMap:
    """Where a picture speaks for a class, found in one way, and how far that can be believed.

    Args:
        way: A name in `sightline.inference.explanation.explainers.EXPLAINERS`.
        heat: The map itself, cell by cell.
        curves: The class's probability while places are taken away, and given back, in the order of the map.
        random: The same in random orders, the mean of three.
        agreement: How much a network with shuffled weights gives the same map, -1 to 1, see `rank_agreement`; None
            where that was not asked.
    """

    way: str
    heat: Heat
    curves: PerturbationCurves
    random: PerturbationCurves
    agreement: float | None

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "way": self.way,
            **self.heat.as_json(),
            "curves": self.curves.as_json(),
            "random": self.random.as_json(),
            "agreement_with_shuffled_weights": self.agreement,
        }


@dataclass(frozen=True, eq=False)
class ExplainedPicture:
    """One picture, its answer, and why it got it.

    Args:
        name: The file, as its user knows it.
        pixels: (h, w, 3) uint8, the picture as it is shown, upright.
        answers: The likeliest classes with their probabilities, the likeliest first.
        label: The class that is explained.
        maps: One for each way, in the same order for all pictures.
        neighbours: The training pictures that are most like it to the model, the nearest first.
        evidence: What each descriptor of a classical pipeline said; None for any other model.
        refusal: Why the picture is taken for none of the classes, in words; ``""`` where it is not.
        typicality: The share of known pictures that are as strange or stranger; None where the model can't say it.
    """

    name: str
    pixels: np.ndarray[Any, np.dtype[np.uint8]]
    answers: tuple[tuple[str, float], ...]
    label: str
    maps: tuple[ExplainedMap, ...]
    neighbours: tuple[Neighbour, ...] = ()
    evidence: Evidence | None = None
    refusal: str = ""
    typicality: float | None = None

    @property
    def words(self) -> str:
        """The answer, as `predict` gives it."""
        likeliest, *others = (f"{label} {percent(share)}" for label, share in self.answers)
        return "  ".join(
            [f"none of these: {self.refusal}; likeliest {likeliest}" if self.refusal else likeliest, *others]
        )

    def as_json(self) -> dict[str, Any]:
        """Return plain values; of a training picture its class and its distance."""
        return {
            "path": self.name,
            "answers": [{"label": label, "probability": share} for label, share in self.answers],
            "refused": bool(self.refusal),
            "typicality": self.typicality,
            "explained": self.label,
            "maps": [one.as_json() for one in self.maps],
            "neighbours": [{"label": one.label, "distance": one.distance} for one in self.neighbours],
            "evidence": None if self.evidence is None else asdict(self.evidence),
        }


@dataclass(frozen=True)
class WayScore:
    """How far one way's maps find what the model goes by, over several pictures; see `PerturbationCurves`.

    Args:
        way: A name in `sightline.inference.explanation.explainers.EXPLAINERS`.
        deletion: By how much the area of a random map is above the map's, the mean over pictures; above 0 is good.
        deletion_interval: Its 95 % interval.
        insertion: By how much the map's area is above a random map's, the mean over pictures; above 0 is good.
        insertion_interval: Its 95 % interval.
        agreement: The mean over the pictures of which it was asked; None where it was asked of none.
    """

    way: str
    deletion: float
    deletion_interval: Interval
    insertion: float
    insertion_interval: Interval
    agreement: float | None
