"""No encoder: all local descriptors, one after the other."""

import torch

from sightline.classical.parts import Encoder, Floats, Places
from sightline.classical.plan import Plan
from sightline.core.errors import SettingsError


class Plain(Encoder):
    """The local descriptors of a picture as one vector, which knows where each patch was.

    Args:
        positions: (G, 2) middles of the patches, as shares of height and width.
        length: D, the numbers of a local descriptor.
        plan: Its ``pyramid`` must be the whole picture, if there is more than one patch.

    Raises:
        SettingsError: There is a pyramid, whose regions would change nothing.
    """

    def __init__(self, positions: Places, length: int, plan: Plan) -> None:
        super().__init__()
        if len(positions) > 1 and plan.pyramid != ("1",):
            raise SettingsError(
                f"pyramid = {','.join(plan.pyramid)!r} with encoder = 'none', which pools no regions",
                hint="leave pyramid out, or take an encoder such as encoder=bag",
            )
        self.length = len(positions) * length

    def fit(self, sample: Floats, *, seed: int) -> str:  # noqa: ARG002 - nothing is learnt
        """Learn nothing."""
        return ""

    def forward(self, local: torch.Tensor) -> torch.Tensor:
        """Return (N, G D) from (N, G, D)."""
        return local.flatten(1)
