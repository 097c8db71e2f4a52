"""stub"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sightline.core.errors import SettingsError
from sightline.core.sections import SHARE, Section, items, name, number
from sightline.models.changes.views import VIEWS


@dataclass(frozen=True)
class NetworkSettings(Section):
    """A network's own options."""

    hidden: tuple[int, ...] = items("mlp: widths of its one or two hidden layers", (256,), int)
    widths: tuple[int, ...] = items(
        "quick-cnn: maps of its three stages, as in 64,128,128", (64, 128, 128), int, auto=True
    )
    size_rule: str = name(
        "strict refuses an input whose rows or columns a layer would drop", ("floor", "strict"), "floor"
    )
    stochastic_depth: float = number("resnets: chance to pass over the last block", 0.0, **SHARE)
    views: str = name("whose mean score is the answer", VIEWS, "picture", auto=True)

    @classmethod
    def faults(cls, values: Mapping[str, Any]) -> list[SettingsError]:
        faults = super().faults(values)
        hidden, widths = values.get("hidden", (256,)), values.get("widths", (1, 1, 1))
        if not 1 <= len(hidden) <= 2 or min(hidden) < 1:
            faults.append(SettingsError(f"hidden = {hidden!r}", hint="expected one or two widths above 0"))
        if len(widths) != 3 or min(widths) < 1:
            faults.append(SettingsError(f"widths = {widths!r}", hint="expected three numbers above 0"))
        return faults
