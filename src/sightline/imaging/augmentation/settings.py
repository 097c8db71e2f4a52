"""stub"""

from dataclasses import dataclass, fields
from typing import Any

from sightline.core.sections import Section, number
from sightline.imaging.augmentation import AUGMENTATIONS, amounts_of


def _amount(of: str) -> Any:
    entry = AUGMENTATIONS[of]
    return number(entry.line, None, least=entry.limits[0], most=entry.limits[1], auto=True)


@dataclass(frozen=True)
class AugmentSettings(Section):
    """What training pictures go through."""

    augment: float = number("strength of all that is not given singly; 0 is off", 0.0, least=0, most=1)
    flip_horizontal: float | None = _amount("flip_horizontal")
    flip_vertical: float | None = _amount("flip_vertical")
    shift: float | None = _amount("shift")
    rotation: float | None = _amount("rotation")
    zoom: float | None = _amount("zoom")
    crop: float | None = _amount("crop")
    brightness: float | None = _amount("brightness")
    contrast: float | None = _amount("contrast")
    gamma: float | None = _amount("gamma")
    saturation: float | None = _amount("saturation")
    hue: float | None = _amount("hue")
    blur: float | None = _amount("blur")
    noise: float | None = _amount("noise")
    cutout: float | None = _amount("cutout")
    mixup: float | None = _amount("mixup")
    cutmix: float | None = _amount("cutmix")

    def amounts(self) -> dict[str, float]:
        """Return how much of everything training pictures go through."""
        named = {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name != "augment"}
        return amounts_of(self.augment, {name: amount for name, amount in named.items() if amount is not None})
