"""What a network is built with beside its variation: a section of the settings.

Importing this file does not import torch.
"""

from dataclasses import dataclass

from sightline.core.sections import SHARE, Section, items, name, number
from sightline.models.changes.views import VIEWS

STAGES = 3
"""Of `quick-cnn`, each with a width of its own."""


@dataclass(frozen=True)
class NetworkSettings(Section):
    """The options of some families, the check of sizes, and the views of an answer.

    Raises:
        SettingsError: A name does not exist, or a number or a count is out of its range.
    """

    hidden: tuple[int, ...] = items("mlp: widths of its one or two hidden layers", (256,), int, least=1, count=(1, 2))
    widths: tuple[int, ...] | None = items(
        "quick-cnn: maps of its three stages, as in 64,128,128", None, int, least=1, count=(STAGES, STAGES), auto=True
    )
    stochastic_depth: float = number("resnets: chance to pass over the last block", 0.0, **SHARE)
    size_rule: str = name(
        "strict refuses an input whose rows or columns a layer would drop", ("floor", "strict"), "floor"
    )
    views: str = name("whose mean score is the answer", VIEWS, "picture", auto=True)
