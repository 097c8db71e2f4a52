"""The settings of the data: what every picture becomes, and the parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from sightline.core.errors import SettingsError
from sightline.core.rules import AUTO
from sightline.core.sections import Section, items, name, number, text, whole
from sightline.core.seeding import LARGEST_SEED
from sightline.data.layout import FOLDERS, Folders
from sightline.imaging.colours import colour_spaces
from sightline.imaging.deep import FULL, DeepRange, Ends
from sightline.imaging.picture_format import RESIZES, Resize
from sightline.imaging.preprocess import CENTRES, SCALES, Centre, Scale

MAX_SIDE = 4096
NONE = "none"
CHANCE = "chance"
"""What decides who is tested on where nobody names a time."""
PART: dict[str, Any] = {"least": 0, "most": 1, "open_ends": (True, True)}
"""Limits of a share that leaves something on both sides."""


@dataclass(frozen=True)
class DataSettings(Section):
    """What every picture becomes, and the parts.

    Raises:
        SettingsError: With every value that is impossible, alone or together with another, at once.

    Example:
        >>> DataSettings(size="48x64").input_size()
        (48, 64)
    """

    size: str = text(
        "input in pixels: 64, or 48x64 (height x width), or auto: the pictures' own, 16 to 64, or the base's",
        AUTO,
        auto=True,
    )
    colours: str = name("auto is grey if all pictures are, else rgb", (*colour_spaces(), AUTO), AUTO, auto=True)
    resize: Resize = name("how pictures get the input's shape", RESIZES, "squash")  # noqa: RUF009 - it returns a field
    centre: Centre = name("whose mean is subtracted", CENTRES, "channel")  # noqa: RUF009 - the same
    scale: Scale = name("what is divided by: of each channel, or the range (255)", SCALES, "deviation")  # noqa: RUF009
    deep_range: str = text(
        "what is black and white in 16 or 32 bits: 0..4095, or auto: measured over the training pictures",
        AUTO,
        auto=True,
    )
    validation_fraction: float = number(
        "share that the best epoch is chosen by, where the data gives none", 0.15, **PART
    )
    test_fraction: float = number("share that the figures are made on, where the data gives none", 0.15, **PART)
    split_by: str = text(
        "chance, or what the latest pictures are tested by: time (a column called so, else EXIF), or another column",
        CHANCE,
    )
    split_seed: int = whole(
        "decides the parts, so that runs of other seeds can share them; auto: the seed",
        0,
        least=0,
        most=LARGEST_SEED,
        auto=True,
    )
    folders: Folders = name("what folders at the root are; auto: what the tree suggests", FOLDERS, "auto")  # noqa: RUF009 - it returns a field
    unlabelled: str = text(
        "pictures without labels to learn from as well: a folder, an archive or a table of them, or `rows` for the "
        "rows of DATA that have no label",
        NONE,
    )
    corrections: str = text("a table of corrected labels, such as suspects.csv; no file is touched", "")
    accept: tuple[str, ...] = items("codes of findings that are taken as they are", (), str)

    @classmethod
    def faults(cls, values: Mapping[str, Any]) -> list[SettingsError]:
        """Return what is wrong with some values: by their rules, as a size, and as fractions that leave no training."""
        faults = super().faults(values)
        size = values.get("size", AUTO)
        if not _is_size(size):
            expected = f"expected auto, 64 or 48x64, each side from 1 to {MAX_SIDE}"
            faults.append(SettingsError(f"size = {size!r}", hint=expected))
        deep_range = values.get("deep_range", AUTO)
        if deep_range != AUTO and range_of(deep_range) is None:
            expected = "expected auto, or two ascending numbers: 0..4095"
            faults.append(SettingsError(f"deep_range = {deep_range!r}", hint=expected))
        held_out = values.get("validation_fraction", cls.validation_fraction) + values.get(
            "test_fraction", cls.test_fraction
        )
        if held_out >= 1:
            together = f"validation_fraction and test_fraction are {held_out:g} together"
            faults.append(SettingsError(together, hint="expected below 1"))
        return faults

    def input_size(self) -> tuple[int, int] | None:
        """Return (height, width), or None for ``auto``."""
        if self.size == AUTO:
            return None
        sides = [int(side) for side in self.size.lower().split("x")]
        return sides[0], sides[-1]

    def named_range(self) -> DeepRange:
        """Return the range of deep pictures; the full one, which leaves it open, for ``auto``."""
        ends = range_of(self.deep_range)
        return FULL if ends is None else DeepRange(ends, ends)


def range_of(text: str) -> Ends | None:
    """Return the two ascending numbers of a text, or None if it is none.

    Example:
        >>> range_of("-1024..3071"), range_of("4095..0")
        ((-1024.0, 3071.0), None)
    """
    try:
        black, white = map(float, text.split(".."))
    except ValueError:
        return None
    return (black, white) if black < white and isfinite(black) and isfinite(white) else None


def _is_size(text: str) -> bool:
    sides = text.lower().split("x")
    numbers = all(side.isdecimal() and len(side) <= len(str(MAX_SIDE)) and 1 <= int(side) <= MAX_SIDE for side in sides)
    return text == AUTO or (numbers and len(sides) in (1, 2))
