"""Similarity: a network whose distance tells same from different, learnt from who in a batch is of whose class."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from sightline.training.objectives.distances import squared_distances
from sightline.training.objectives.embedding_losses import EmbeddingLoss
from sightline.training.objectives.objective import Losses
from sightline.training.samplers import LABEL

if TYPE_CHECKING:
    from sightline.training.batch import Batch
    from sightline.training.tally import Tally

LARGEST_DISTANCE = 2.0
"""Between two embeddings of unit length."""


@dataclass(frozen=True)
class Similarity:
    """The objective of a network from samples (n, ...) to embeddings (n, E) of unit length.

    The legs of a pair, a triplet or an episode are the same network: a batch goes through it once.

    Args:
        loss: From embeddings and labels to losses.
    """

    loss: EmbeddingLoss

    @property
    def separable(self) -> bool:
        """A sample alone is like nothing and unlike nothing."""
        return False

    def __call__(self, network: nn.Module, batch: "Batch") -> Losses:
        """Return the losses of a batch in which two classes are, and two samples of one.

        Raises:
            ValueError: They are not.
        """
        embeddings = network(batch.inputs)
        labels = batch.targets[LABEL]
        with torch.autocast(embeddings.device.type, enabled=False):  # distances are float32
            values = self.loss(embeddings.float(), labels)
        seen = _seen(embeddings.detach().float(), labels)
        return Losses(values, {"count": len(values), "loss": values.detach().sum(), **seen})

    def figures(self, tally: "Tally") -> dict[str, float]:
        """Return the mean loss; the share of samples whose nearest other is of their class; how far two are apart.

        The spread is the mean distance of two samples as a share of the largest that there is.
        """
        asked = float(tally["asked"])
        return {
            "loss": tally.mean("loss"),
            "accuracy": self.score(tally),
            "spread": float(tally["distance"]) / asked / LARGEST_DISTANCE,
        }

    def score(self, tally: "Tally") -> float:
        """Return the share of samples whose nearest other is of their class, 0 to 1.

        Reference:
            "Recall at 1": Jegou, Douze and Schmid, "Product quantization for nearest neighbor search" (2011), section
            V.B. https://doi.org/10.1109/TPAMI.2010.57
        """
        return float(tally["nearest_alike"]) / float(tally["asked"])


def _seen(embeddings: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor | float]:
    """Count samples, those whose nearest other is of their class, and sum each one's mean distance to the others."""
    squares = squared_distances(embeddings, embeddings)
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    nearest = squares.masked_fill(itself, torch.inf).argmin(dim=1)
    mean_distances = squares.sqrt().sum(dim=1) / (len(labels) - 1)
    return {
        "asked": float(len(labels)),
        "nearest_alike": (labels[nearest] == labels).sum(),
        "distance": mean_distances.sum(),
    }
