"""The settings of what training pictures go through."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sightline.core.choose import choose
from sightline.core.sections import Section, number
from sightline.imaging.augmentation import AUGMENTATIONS


def _amount(of: str) -> Any:
    """Return the field of a change: its meaning and limits are the table's, and nobody names it by default."""
    entry = AUGMENTATIONS[of]
    return number(entry.line, None, least=entry.limits[0], most=entry.limits[1], auto=True)


@dataclass(frozen=True)
class AugmentSettings(Section):
    """What training pictures go through: a named amount, else `augment` times the standard amount.

    Raises:
        SettingsError: With every amount that is out of its limits, at once.

    Example:
        >>> amounts = AugmentSettings(augment=0.5, rotation=0, mixup=0.2).amounts()
        >>> amounts["flip_horizontal"], amounts["rotation"], amounts["mixup"], amounts["cutmix"]
        (0.25, 0.0, 0.2, 0.0)
    """

    augment: float = number("strength of all that is not named singly; 0 is off", 0.0, least=0, most=1)
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

    @classmethod
    def named(cls, amounts: Mapping[str, float], *, strength: float = 0.0) -> "AugmentSettings":
        """Return the section of amounts by their names.

        Args:
            amounts: Some or all, by their names in `AUGMENTATIONS`.
            strength: 0 to 1, of all others.

        Raises:
            SettingsError: There is no such change, or an amount is out of its limits.
        """
        for change in amounts:
            choose(change, AUGMENTATIONS, kind="augmentation")
        return cls(augment=strength, **amounts)

    def amounts(self) -> dict[str, float]:
        """Return the amount of every change, in the order of the table."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {
            change: float(self.augment * entry.standard if values[change] is None else values[change])
            for change, entry in AUGMENTATIONS.items()
        }
