"""The settings of transfer learning: which base a model begins with, and how much of it learns on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sightline.core.errors import SettingsError
from sightline.core.rules import AUTO
from sightline.core.sections import Section, text

NONE, ALL = "none", "all"


@dataclass(frozen=True)
class TransferSettings(Section):
    """Which network, that has learnt to see before, looks at the pictures, and how much of it learns on.

    Raises:
        SettingsError: `unfreeze` is neither a word that is known nor a number.
    """

    base: str = text("a base that `sightline models` lists, or a model file of your own", AUTO, auto=True)
    unfreeze: str = text(
        "how much of the base learns on after the head: none, all, or so many of its last blocks; auto is all where "
        "epochs, minutes or a GPU leave room for it", AUTO, auto=True,
    )  # fmt: skip
    weights: str = text("a file with weights for the base, in the place of its published ones", AUTO, auto=True)

    @classmethod
    def faults(cls, values: Mapping[str, Any]) -> list[SettingsError]:
        """Return what is wrong with some values: by their rules, and an amount that is none."""
        faults = super().faults(values)
        unfreeze = str(values.get("unfreeze", AUTO))
        if unfreeze not in (AUTO, NONE, ALL) and not (unfreeze.isdecimal() and int(unfreeze)):
            hint = "expected auto, none, all, or a number of blocks, 1 or more"
            faults.append(SettingsError(f"unfreeze = {unfreeze!r}", hint=hint))
        return faults

    def last_blocks(self) -> int | None:
        """Return how many of the base's last blocks learn on; None for all."""
        return {NONE: 0, ALL: None}.get(self.unfreeze, int(self.unfreeze) if self.unfreeze.isdecimal() else 0)
