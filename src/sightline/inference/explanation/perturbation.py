"""Whether a map finds what a model goes by: places are taken away, or given back, in the order of the map."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from sightline.core.choose import choose
from sightline.core.pieces import pieces
from sightline.core.seeding import derived_seed
from sightline.imaging.photo import Pixels
from sightline.inference.explanation.explainable import Explainable
from sightline.inference.explanation.heat import Grid, Heat

STEPS = 16
BLUR = 1 / 16
"""Of the longer side: the deviation of the blur that an insertion begins with."""
DRAWS = 3
"""How many random maps are averaged."""

Curve = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PerturbationCurves:
    """A class's probability while the picture's places are changed in an order.

    Args:
        deletion: (17,) with 0, 1/16, ... 16/16 of the pixels behind the picture's mean colour; low is good.
        insertion: (17,) with so many pixels given back to the blurred picture; high is good.
    """

    deletion: Curve
    insertion: Curve

    @property
    def deletion_area(self) -> float:
        """The area under the curve of deletion, 0 to 1."""
        return _area(self.deletion)

    @property
    def insertion_area(self) -> float:
        """The area under the curve of insertion, 0 to 1."""
        return _area(self.insertion)

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "deletion": self.deletion.tolist(),
            "insertion": self.insertion.tolist(),
            "deletion_area": self.deletion_area,
            "insertion_area": self.insertion_area,
        }


def perturbation_curves(model: Explainable, pixels: Pixels, heat: Heat) -> PerturbationCurves:
    """Take the pixels away, and give them back, in the order of a map: what speaks most for its class comes first.

    Args:
        model: Asked for 34 answers.
        pixels: (H, W, C) uint8, the picture that the map explains.

    Reference:
        V. Petsiuk, A. Das, K. Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC
        2018, section 4.2. https://arxiv.org/abs/1806.07421
    """
    places = {name: place for place, name in enumerate(model.classes)}
    order = _order(heat.grid, (pixels.shape[0], pixels.shape[1]))
    blank = np.broadcast_to(pixels.mean(axis=(0, 1)).round().astype(np.uint8), pixels.shape)
    deleted = _between(pixels, blank, order)
    inserted = _between(_blurred(pixels), pixels, order)
    asked = np.concatenate([deleted, inserted])
    parts = [model.probabilities(asked[piece]) for piece in pieces(len(asked), model.batch)]
    curve = np.concatenate(parts)[:, choose(heat.label, places, kind="class")].astype(np.float64)
    return PerturbationCurves(curve[: STEPS + 1], curve[STEPS + 1 :])


def random_curves(model: Explainable, pixels: Pixels, heat: Heat, *, seed: int) -> PerturbationCurves:
    """Return the mean curves of three maps that have the places of a map in a random order: what chance reaches.

    Args:
        pixels: (H, W, C) uint8, the picture that the map explains.
        seed: Of the orders in which the places come.
    """
    generator = np.random.default_rng(derived_seed(seed, "random map"))
    drawn = [perturbation_curves(model, pixels, _shuffled(heat, generator)) for _ in range(DRAWS)]
    return PerturbationCurves(
        np.mean([curves.deletion for curves in drawn], axis=0), np.mean([curves.insertion for curves in drawn], axis=0)
    )


def _shuffled(heat: Heat, generator: np.random.Generator) -> Heat:
    grid = np.arange(heat.grid.size, dtype=np.float32)
    generator.shuffle(grid)
    return Heat(heat.label, grid.reshape(heat.grid.shape), heat.probability, heat.least, heat.format)


def _order(grid: Grid, shape: tuple[int, int]) -> npt.NDArray[np.intp]:
    """Return the pixels' numbers, row by row, by what the map has there, the largest first."""
    whole = np.asarray(Image.fromarray(grid).resize(shape[::-1], Image.Resampling.BILINEAR))
    return np.argsort(-whole.ravel(), kind="stable")


def _between(start: Pixels, end: Pixels, order: npt.NDArray[np.intp]) -> Pixels:
    """Return (17, H, W, C) uint8: the start, in which more and more pixels are the end's."""
    steps = np.repeat(start[None], STEPS + 1, axis=0)
    flat = steps.reshape(STEPS + 1, -1, start.shape[2])
    for step, count in enumerate(np.linspace(0, len(order), STEPS + 1).round().astype(int)):
        flat[step, order[:count]] = end.reshape(-1, end.shape[2])[order[:count]]
    return steps


def _blurred(pixels: Pixels) -> Pixels:
    radius = BLUR * max(pixels.shape[:2])
    planes = [Image.fromarray(np.ascontiguousarray(plane)) for plane in np.moveaxis(pixels, 2, 0)]
    blurred = [np.asarray(plane.filter(ImageFilter.GaussianBlur(radius))) for plane in planes]
    return np.stack(blurred, axis=2)


def _area(curve: Curve) -> float:
    return float(np.trapezoid(curve, dx=1 / STEPS))
