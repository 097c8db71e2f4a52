"""Bags of visual words: how often each occurs in each region."""

import torch

from sightline.classical.encoders.clustering import nearness, shuffled, vocabulary
from sightline.classical.encoders.normalising import completed
from sightline.classical.parts import Encoder, Floats, Places, empty, is_flat
from sightline.classical.plan import Plan
from sightline.classical.pyramid import Regions

SHARPNESS_SAMPLE = 10_000


class Bag(Encoder):
    """Histograms of visual words, region by region: shares of the picture's patches.

    A patch counts for its nearest word (``hard``), or for every word, with weights that sum up to 1 and fall with the
    squared distance, exp(-beta d^2) (``soft``); beta is 1 over the mean distance, squared, that the second nearest
    word is further away than the nearest one. Flat patches count for nothing; the numbers of a grid of
    regions sum up to 1, or to 0 where every patch is flat.

    Args:
        positions: (G, 2) middles of the patches, as shares of height and width.
        length: D, the numbers of a local descriptor.
        plan: Its ``words``, ``assignment``, ``pyramid`` and ``pyramid_weights`` are read.

    Raises:
        SettingsError: The pyramid can't be read.

    Reference:
        Csurka et al., "Visual categorization with bags of keypoints" (2004); soft: van Gemert et al., "Kernel
        codebooks for scene categorization" (2008); pyramid: Lazebnik, Schmid and Ponce (2006).
    """

    centres: torch.Tensor
    beta: torch.Tensor

    def __init__(self, positions: Places, length: int, plan: Plan) -> None:  # noqa: ARG002 - the words tell D
        super().__init__()
        self.regions = Regions(positions, plan.pyramid, plan.pyramid_weights)
        self._words, self._soft = plan.words, plan.assignment == "soft"
        self.length = self.regions.count * plan.words
        self.register_buffer("centres", empty())
        self.register_buffer("beta", empty())

    def fit(self, sample: Floats, *, seed: int) -> str:
        """Find the words by k-means, and how sharply a soft patch decides."""
        self.centres, remark = vocabulary(sample, self._words, seed=seed)
        self.beta = _sharpness(self.centres, shuffled(sample, seed=seed)[:SHARPNESS_SAMPLE])
        return remark

    def forward(self, local: torch.Tensor) -> torch.Tensor:
        """Return (N, R K) from (N, G, D); not negative."""
        counts = self.regions(local, self._soft_counts if self._soft else self._hard_counts, width=len(self.centres))
        patches = (~is_flat(local)).sum(dim=1, keepdim=True).clamp(min=1)  # (N, 1, 1)
        return completed(counts / patches * self.regions.weights, self._words).flatten(1)

    def _hard_counts(self, local: torch.Tensor) -> torch.Tensor:
        words = nearness(self.centres, local).argmax(dim=2)
        counts = local.new_zeros((local.shape[0], len(self.centres)))
        return counts.scatter_add(1, words, (~is_flat(local)).squeeze(2).to(local.dtype))

    def _soft_counts(self, local: torch.Tensor) -> torch.Tensor:
        shares = (2 * self.beta * nearness(self.centres, local)).softmax(dim=2)
        return (shares * ~is_flat(local)).sum(dim=1)


def _sharpness(centres: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    if len(centres) == 1:
        return torch.tensor(1.0)
    nearest = nearness(centres, rows).topk(2, dim=1).values
    further = 2 * (nearest[:, 0] - nearest[:, 1]).double().mean()
    return (1 / further.clamp(min=1e-12)).float()
