"""Triangle activation: how much nearer than usual each of many learnt patches is."""

import torch

from sightline.classical.encoders.clustering import vocabulary
from sightline.classical.encoders.normalising import completed
from sightline.classical.parts import Encoder, Floats, Places, empty, is_flat
from sightline.classical.plan import Plan
from sightline.classical.pyramid import Regions


class Triangle(Encoder):
    """The activations of learnt patches, summed up region by region.

    A patch at the distances z from all words counts max(0, mean(z) - z) for each, so that about half are 0. Flat
    patches count for nothing; whitened patches are not flat.

    Args:
        positions: (G, 2) middles of the patches, as shares of height and width.
        length: D, the numbers of a local descriptor.
        plan: Its ``words``, ``pyramid`` and ``pyramid_weights`` are read; regions are multiplied by the roots of their
            weights, so that scalar products are weighed.

    Raises:
        SettingsError: The pyramid can't be read.

    Reference:
        Coates, Lee and Ng, "An analysis of single-layer networks in unsupervised feature learning" (2011), section
        3.2. https://proceedings.mlr.press/v15/coates11a.html
    """

    centres: torch.Tensor

    def __init__(self, positions: Places, length: int, plan: Plan) -> None:  # noqa: ARG002 - the words tell D
        super().__init__()
        self.regions = Regions(positions, plan.pyramid, plan.pyramid_weights)
        self._words = plan.words
        self.length = self.regions.count * plan.words
        self.register_buffer("centres", empty())

    def fit(self, sample: Floats, *, seed: int) -> str:
        """Find the words by k-means."""
        self.centres, remark = vocabulary(sample, self._words, seed=seed)
        return remark

    def forward(self, local: torch.Tensor) -> torch.Tensor:
        """Return (N, R K) from (N, G, D); not negative."""
        squares = self.centres.square().sum(dim=1, keepdim=True)
        factors = torch.cat([-2 * self.centres, torch.ones_like(squares), squares], dim=1).T  # (D + 2, k)

        def activations(patches: torch.Tensor) -> torch.Tensor:
            lengths, one = patches.square().sum(dim=2, keepdim=True), torch.ones_like(patches[:, :, :1])
            distances = torch.cat([patches, lengths, one], dim=2) @ factors  # squared
            distances.clamp_(min=0).sqrt_()  # in place, as below: this array is the largest
            usual = distances.mean(dim=2, keepdim=True) * ~is_flat(patches)  # no distance is below 0
            return distances.sub_(usual).clamp_(max=0).sum(dim=1).neg()

        sums = self.regions(local, activations, width=len(self.centres))
        return completed(sums * self.regions.weights.sqrt(), self._words).flatten(1)
