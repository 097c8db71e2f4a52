"""The contrastive loss: like pairs near, unlike pairs further apart than a margin."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.training.objectives.distances import distances, kinship, mean_where

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Contrastive:
    """Makes the distance of like pairs small, and pushes unlike pairs past a margin.

    A pair at distance D costs ``D^2 / 2`` if it is alike, else ``max(0, margin - D)^2 / 2``. Of all pairs that a sample
    of the batch is in, those alike and those apart weigh half each, however many there are.

    Args:
        margin: In the embedding's own distance, 0 to 2 between unit vectors.

    Reference:
        Hadsell, Chopra and LeCun, "Dimensionality reduction by learning an invariant mapping" (2006), equation 4.
        https://doi.org/10.1109/CVPR.2006.100
    """

    margin: float = 1.0

    def __call__(self, embeddings: "Tensor", labels: "Tensor") -> "Tensor":
        """Return the loss of each sample.

        Args:
            embeddings: (N, E) float32.
            labels: (N,) int64.

        Returns:
            (N,) float32, 0 or more; ``margin^2 / 4`` where all embeddings are one point.
        """
        apart, kin = distances(embeddings), kinship(labels)
        near, far = apart.square() / 2, (self.margin - apart).clamp(min=0).square() / 2
        return (mean_where(near, kin.alike) + mean_where(far, kin.apart)) / 2
