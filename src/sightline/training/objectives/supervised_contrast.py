"""The supervised contrastive loss: of all others in the batch, those of the same class shall stand out."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.training.objectives.distances import kinship, mean_where

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class SupervisedContrast:
    """Compares each sample with all others of its batch at once; it needs no miner and no margin.

    Args:
        temperature: That the products of unit vectors are divided by, above 0: small ones look at the nearest alone.

    Reference:
        Khosla et al., "Supervised contrastive learning" (2020), equation 2. https://arxiv.org/abs/2004.11362
    """

    temperature: float = 0.1

    def __call__(self, embeddings: "Tensor", labels: "Tensor") -> "Tensor":
        """Return the loss of each sample that has another of its class in the batch.

        Args:
            embeddings: (N, E) float32, of unit length.
            labels: (N,) int64.

        Returns:
            (n,) float32.
        """
        kin = kinship(labels)
        scores = embeddings @ embeddings.T / self.temperature
        others = scores.masked_fill(~(kin.alike | kin.apart), float("-inf"))
        surprise = others.logsumexp(dim=1, keepdim=True) - scores
        return mean_where(surprise, kin.alike)[kin.alike.any(dim=1)]
