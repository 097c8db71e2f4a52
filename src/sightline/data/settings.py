"""The settings of the data: what every picture becomes, and the parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sightline.core.errors import SettingsError
from sightline.core.rules import AUTO
from sightline.core.sections import Section, items, name, number, text
from sightline.imaging.colours import colour_spaces
from sightline.imaging.picture_format import RESIZES, Resize
from sightline.imaging.preprocess import CENTRES, SCALES, Centre, Scale

MAX_SIDE = 4096


@dataclass(frozen=True)
class DataSettings(Section):
    """What every picture becomes, and the parts."""

    size: str = text(
        "input in pixels: 64, or 48x64 (height x width), or auto: the pictures' own, 16 to 64", AUTO, auto=True
    )
    colours: str = name("auto is grey if all pictures are, else rgb", (*colour_spaces(), AUTO), AUTO, auto=True)
    resize: Resize = name("how pictures get the input's shape", RESIZES, "squash")
    centre: Centre = name("whose mean is subtracted", CENTRES, "channel")
    scale: Scale = name("what is divided by: of each channel, or the range (255)", SCALES, "deviation")
    validation_fraction: float = number(
        "share that the best epoch is chosen by, where the data gives none",
        0.15,
        least=0,
        most=1,
        open_ends=(True, True),
    )
    test_fraction: float = number(
        "share that the figures are made on, where the data gives none", 0.15, least=0, most=1, open_ends=(True, True)
    )
    accept: tuple[str, ...] = items("codes of findings that are taken as they are", (), str)

    @classmethod
    def faults(cls, values: Mapping[str, Any]) -> list[SettingsError]:
        faults = super().faults(values)
        size = values.get("size", AUTO)
        if not _is_size(size):
            faults.append(
                SettingsError(f"size = {size!r}", hint=f"expected auto, 64 or 48x64, each side from 1 to {MAX_SIDE}")
            )
        return faults

    def input_size(self) -> tuple[int, int] | None:
        """Return (height, width), or None for ``auto``."""
        if self.size == AUTO:
            return None
        sides = [int(side) for side in self.size.lower().split("x")]
        return sides[0], sides[-1]


def _is_size(text: str) -> bool:
    sides = text.lower().split("x")
    numbers = all(side.isdecimal() and len(side) <= len(str(MAX_SIDE)) and 1 <= int(side) <= MAX_SIDE for side in sides)
    return text == AUTO or (numbers and len(sides) in (1, 2))
