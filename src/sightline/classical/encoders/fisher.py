"""Fisher vectors: how a mixture of Gaussians would have to move to fit the patches of a picture."""

import math
import warnings

import numpy as np
import numpy.typing as npt
import torch

from sightline.classical.encoders.clustering import nearness, shuffled, vocabulary
from sightline.classical.encoders.normalising import completed, signed_root, unit
from sightline.classical.parts import Encoder, Floats, Places, empty, is_flat
from sightline.classical.plan import Plan
from sightline.classical.pyramid import Regions

ROWS = 100_000
"""Of the sample, that the mixture is fitted to."""
LEAST_VARIANCE = 0.01
"""Added to every variance, as a share of the sample's own."""
LEAST_DEVIATION = 1e-4
"""Of the sample, as a share of the largest of its numbers' deviations: a number that hardly varies tells little."""
ROUNDS = 50

Doubles = npt.NDArray[np.float64]


class Fisher(Encoder):
    """Improved Fisher vectors, region by region: gradients, their signed roots, scaled to length 1.

    Flat patches count for nothing.

    Args:
        positions: (G, 2) middles of the patches, as shares of height and width.
        length: D, the numbers of a local descriptor.
        plan: Its ``words`` (Gaussians), ``pyramid`` and ``pyramid_weights`` are read; regions are multiplied by the
            roots of their weights, so that scalar products are weighed.

    Raises:
        SettingsError: The pyramid can't be read.

    Reference:
        Perronnin, Sanchez and Mensink, "Improving the Fisher kernel for large-scale image classification" (2010);
        Sanchez, Perronnin, Mensink and Verbeek, "Image classification with the Fisher vector: theory and
        practice" (2013), equations 16 and 17 for the gradients.
    """

    weights: torch.Tensor
    means: torch.Tensor
    deviations: torch.Tensor

    def __init__(self, positions: Places, length: int, plan: Plan) -> None:
        super().__init__()
        self.regions = Regions(positions, plan.pyramid, plan.pyramid_weights)
        self._words = plan.words
        self.length = self.regions.count * 2 * plan.words * length
        for name in ("weights", "means", "deviations"):
            self.register_buffer(name, empty())

    def fit(self, sample: Floats, *, seed: int) -> str:
        """Fit the mixture by up to 50 rounds of expectation and maximisation, from visual words on."""
        rows = shuffled(sample, seed=seed)[:ROWS]
        rows = rows.expand(max(len(rows), 2), -1)  # scikit-learn wants two, even of the same numbers
        centres, remark = vocabulary(rows.numpy(), self._words, seed=seed)
        self.take(*_mixture(rows, centres))
        return remark

    def take(self, weights: Doubles, means: Doubles, variances: Doubles) -> None:
        """Take a mixture over: weights (k,), means and variances (k, D)."""
        self.weights, self.means, self.deviations = (
            torch.from_numpy(array.astype(np.float32)) for array in (weights, means, np.sqrt(variances))
        )

    def forward(self, local: torch.Tensor) -> torch.Tensor:
        """Return (N, R K 2D) from (N, G, D)."""
        gradients = completed(signed_root(self.unnormalised(local)), self._words)
        return (unit(gradients.flatten(2)) * self.regions.weights.sqrt()).flatten(1)

    def unnormalised(self, local: torch.Tensor) -> torch.Tensor:
        """Return the gradients of each region's mean log-likelihood, (N, R, k, 2D), from (N, G, D).

        They are those by the k means, then by the k deviations, each divided by the root of its Fisher information.
        """
        centre = self.weights @ self.means  # squares lose few digits around it
        means, variances = (self.means - centre).T, self.deviations.T**2  # (D, k)
        offsets = self.weights.log() - (self.deviations.T.log() + means**2 / variances / 2).sum(dim=0)
        slopes = torch.cat([means / variances, -0.5 / variances, offsets[None]])  # (2D + 1, k)

        def moments(patches: torch.Tensor) -> torch.Tensor:
            seen = (~is_flat(patches)).to(patches.dtype)  # times all that is summed up: flat patches add zeros
            apart = torch.addcmul(patches, seen, centre, value=-1)
            powers = torch.cat([apart, apart.square(), seen], dim=2)
            return powers.mT @ (powers @ slopes).softmax(dim=2)

        length, gaussians = means.shape
        sums = self.regions(local, moments, width=max(gaussians, 2 * length))  # (N, R, 2D + 1, k)
        first, second, count = torch.split(sums, [length, length, 1], dim=2)
        by_means = torch.addcmul(first, means, count, value=-1)
        by_deviations = torch.addcmul(second, means, first + by_means, value=-1).addcmul(variances, count, value=-1)
        information = torch.cat([variances.sqrt(), math.sqrt(2) * variances]) * self.weights.sqrt()
        patches = count.sum(dim=3, keepdim=True).clamp(min=1)
        return (torch.cat([by_means, by_deviations], dim=2) / information / patches).mT


def _mixture(rows: torch.Tensor, centres: torch.Tensor) -> tuple[Doubles, Doubles, Doubles]:
    """Return weights (k,), means and variances (k, D) of a mixture of Gaussians, from its first means on."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    residuals = rows - centres[nearness(centres, rows).argmax(dim=1)]
    mean, deviation = rows.double().mean(dim=0).numpy(), rows.double().std(dim=0, correction=0).numpy()
    deviation = np.maximum(deviation, LEAST_DEVIATION * deviation.max() or 1)
    within = residuals.double().square().mean(dim=0).numpy() / deviation**2 + LEAST_VARIANCE
    mixture = GaussianMixture(
        len(centres),
        covariance_type="diag",
        reg_covar=LEAST_VARIANCE,
        max_iter=ROUNDS,
        weights_init=np.full(len(centres), 1 / len(centres)),
        means_init=(centres.double().numpy() - mean) / deviation,
        precisions_init=np.tile(1 / within, (len(centres), 1)),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit((rows.double().numpy() - mean) / deviation)
    return mixture.weights_, mixture.means_ * deviation + mean, mixture.covariances_ * deviation**2
