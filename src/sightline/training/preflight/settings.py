"""The setting of the pre-flight.

Importing this file does not import torch.
"""

from dataclasses import dataclass

from sightline.core.rules import AUTO
from sightline.core.sections import Section, name

ALL, NONE = "all", "none"


@dataclass(frozen=True)
class PreflightSettings(Section):
    """What is asked of a training before it begins."""

    preflight: str = name(
        "what is asked of a training before it begins; auto makes the checks that a twentieth of its time pays",
        (AUTO, ALL, NONE),
        AUTO,
    )
