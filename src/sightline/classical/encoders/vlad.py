"""VLAD: what is left over beside the nearest visual word, summed up word by word."""

import torch
from torch.nn.functional import one_hot

from sightline.classical.encoders.clustering import nearness, vocabulary
from sightline.classical.encoders.normalising import completed, signed_root, unit
from sightline.classical.parts import Encoder, Floats, Places, empty, is_flat
from sightline.classical.plan import Plan
from sightline.classical.pyramid import Regions


class Vlad(Encoder):
    """Vectors of locally aggregated descriptors, region by region.

    Of each word the differences of its patches from it are summed up; the signed roots of the sum are scaled to
    length 1 (intra-normalisation), and then those of a region. Flat patches count for nothing.

    Args:
        positions: (G, 2) middles of the patches, as shares of height and width.
        length: D, the numbers of a local descriptor.
        plan: Its ``words``, ``pyramid`` and ``pyramid_weights`` are read; regions are multiplied by the roots of their
            weights, so that scalar products are weighed.

    Raises:
        SettingsError: The pyramid can't be read.

    Reference:
        Jegou, Douze, Schmid and Perez, "Aggregating local descriptors into a compact image representation" (2010);
        Arandjelovic and Zisserman, "All about VLAD" (2013).
    """

    centres: torch.Tensor

    def __init__(self, positions: Places, length: int, plan: Plan) -> None:
        super().__init__()
        self.regions = Regions(positions, plan.pyramid, plan.pyramid_weights)
        self._words = plan.words
        self.length = self.regions.count * plan.words * length
        self.register_buffer("centres", empty())

    def fit(self, sample: Floats, *, seed: int) -> str:
        """Find the words by k-means."""
        self.centres, remark = vocabulary(sample, self._words, seed=seed)
        return remark

    def forward(self, local: torch.Tensor) -> torch.Tensor:
        """Return (N, R K D) from (N, G, D)."""
        sums = self.regions(local, self._residuals, width=max(self.centres.shape))  # (N, R, k, D)
        regions = completed(unit(signed_root(sums)), self._words).flatten(2)
        return (unit(regions) * self.regions.weights.sqrt()).flatten(1)

    def _residuals(self, local: torch.Tensor) -> torch.Tensor:
        words = nearness(self.centres, local).argmax(dim=2)
        chosen = one_hot(words, len(self.centres)).to(local.dtype)  # (N, g, k)
        return chosen.mT @ ((local - self.centres[words]) * ~is_flat(local))
