"""The settings of transfer learning: which base a model begins with."""

from dataclasses import dataclass

from sightline.core.rules import AUTO
from sightline.core.sections import Section, text


@dataclass(frozen=True)
class TransferSettings(Section):
    """Which network, that has learnt to see before, looks at the pictures."""

    base: str = text("a base that `sightline bases` lists, or a model file of your own", AUTO, auto=True)
    weights: str = text("a file with weights for the base, in the place of its published ones", AUTO, auto=True)
