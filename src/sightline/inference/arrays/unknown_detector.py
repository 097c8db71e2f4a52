"""What tells pictures of none of the classes, as a model file keeps it: arrays, and nothing that is run."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from sightline.core.percent import percent
from sightline.evaluation.trust.novelty import NOVELTIES, Impression, NearestNeighbours, RelativeMahalanobis, arrays_of
from sightline.evaluation.trust.unknowns import UnknownRule
from sightline.inference.arrays.array_file import Arrays
from sightline.inference.graph import Features, Floats

ENTRY = "unknowns"
"""Of the manifest."""
PREFIX = "unknowns."
"""Before the names of arrays."""
WAYS = {
    "neighbours": "by how far it is from the nearest pictures that were learnt from",
    "mahalanobis": "by how far it is from the nearest class",
    "logit": "by its largest logit",
    "softmax": "by its largest probability",
}
KNOWN_STRANGENESS, SHIFT, SCALE = f"{PREFIX}strangeness", f"{PREFIX}shift", f"{PREFIX}scale"


@dataclass(frozen=True, eq=False)
class Spread:
    """How features were standardised before the last layer read them; undone, they have their own directions again.

    Args:
        shift: (F,) what was taken away.
        scale: (F,) what the rest was divided by.
    """

    shift: Floats
    scale: Floats

    def undone(self, features: Features) -> Features:
        """Return (N, F) features as they were."""
        return features * self.scale + self.shift


@dataclass(frozen=True, eq=False)
class UnknownDetector:
    """Says how typical pictures are of what a model has learnt.

    Args:
        rule: How strange pictures are beside known ones.
        spread: How the model's features were standardised; None where they were not.
    """

    rule: UnknownRule
    spread: Spread | None

    def typicality(self, logits: Floats, features: Features) -> npt.NDArray[np.float64]:
        """Return the share of known pictures that are as strange as each picture, (N,).

        Args:
            logits: (N, classes), calibrated.
            features: (N, F), as the graph gives them.
        """
        undone = features if self.spread is None else self.spread.undone(features)
        return self.rule.typicality(Impression(logits, undone))

    def meaning(self, rate: float) -> str:
        """Return when pictures are refused and what that stands on, in words.

        Args:
            rate: The share of known pictures that may be refused.
        """
        known = f"{len(self.rule.known):,} known pictures that it was not made from"
        if rate < self.rule.least_rate():
            return f"never: {known} are too few to refuse {percent(rate)} of them"
        return (
            f"where it is stranger, {WAYS[self.rule.method]}, than {percent(1 - rate)} of {known}: of known pictures "
            f"{percent(rate)} are meant to be refused"
        )

    def arrays(self) -> Arrays:
        """Return what a bundle keeps, by name."""
        spread = {} if self.spread is None else {SHIFT: self.spread.shift, SCALE: self.spread.scale}
        own = {f"{PREFIX}{name}": array for name, array in arrays_of(self.rule.novelty).items()}
        return {**own, **spread, KNOWN_STRANGENESS: self.rule.known.astype(np.float64)}


def detector_of(entry: Any, arrays: Mapping[str, npt.NDArray[Any]], *, width: int) -> UnknownDetector | None:
    """Return the detector of a model file; None where it has none.

    Args:
        entry: What the manifest says of it, or None.
        arrays: Those of the file, by name.
        width: F, how many features the graph gives; 0 for none.

    Raises:
        ValueError: Something of it is missing or does not fit.
    """
    if entry is None:
        return None
    method = entry.get("method") if isinstance(entry, dict) else None
    if not isinstance(method, str) or method not in NOVELTIES:
        raise ValueError(f"unknown pictures would be told by {method!r}; expected one of {', '.join(NOVELTIES)}")
    kind: Any = NOVELTIES[method]
    held = {item.name: _floats(arrays, f"{PREFIX}{item.name}") for item in fields(kind)}
    novelty = kind(**held)
    known = _floats(arrays, KNOWN_STRANGENESS)
    if known.ndim != 1 or not len(known) or (np.diff(known) < 0).any() or not _fits(novelty, width):
        raise ValueError("the arrays by which unknown pictures are told do not fit together")
    return UnknownDetector(UnknownRule(method, novelty, known), _spread(arrays, width))


def _floats(arrays: Mapping[str, npt.NDArray[Any]], name: str) -> npt.NDArray[Any]:
    array = arrays.get(name)
    if array is None or array.dtype.kind != "f" or not np.isfinite(array).all():
        raise ValueError(f"it has no sound array {name}")
    return array


def _fits(novelty: Any, width: int) -> bool:
    """Return whether the arrays have shapes that belong together, for features of this width."""
    match novelty:
        case NearestNeighbours(known=known):
            return known.ndim == 2 and known.shape[1] == width and len(known) > 0  # noqa: PLR2004 - rows and columns
        case RelativeMahalanobis(axes=axes, means=means) if axes.ndim == means.ndim == 2 and len(means):  # noqa: PLR2004
            side = axes.shape[1]
            expected = ((width,), (width, side), (len(means), side), (side, side), (side, side))
            return tuple(array.shape for array in arrays_of(novelty).values()) == expected
        case RelativeMahalanobis():
            return False
        case _:
            return True


def _spread(arrays: Mapping[str, npt.NDArray[Any]], width: int) -> Spread | None:
    if SHIFT not in arrays and SCALE not in arrays:
        return None
    spread = Spread(_floats(arrays, SHIFT), _floats(arrays, SCALE))
    if spread.shift.shape != (width,) or spread.scale.shape != (width,):
        raise ValueError(f"the spread of its features is not of {width} numbers")
    return spread
