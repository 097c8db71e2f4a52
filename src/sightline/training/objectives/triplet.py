"""The triplet loss, and the miners that choose whom an anchor is compared with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.training.objectives.distances import Kinship, kinship, mean_where, squared_distances

if TYPE_CHECKING:
    from torch import Tensor

FAR = 1e9
"""Further than any two embeddings; stands for a pair that may not be chosen."""

Miner = Callable[["Tensor", Kinship], tuple["Tensor", "Tensor"]]
"""From squared distances (N, N) to, for each anchor and positive, whether the pair is taken, (N, N) bool, and which
sample is its negative, (N, N) int64."""


def semi_hard(squares: "Tensor", kin: Kinship) -> tuple["Tensor", "Tensor"]:
    """Take every positive, and with it the nearest negative that is further off; the furthest of all where none is.

    Negatives that are nearer than the positive would at first let all embeddings fall into one point.

    Reference:
        Schroff, Kalenichenko and Philbin, "FaceNet" (2015), section 3.2. https://arxiv.org/abs/1503.03832
    """
    further = kin.apart.unsqueeze(1) & (squares.unsqueeze(1) > squares.unsqueeze(2))  # (anchor, positive, negative)
    nearest = squares.unsqueeze(1).masked_fill(~further, FAR).argmin(dim=2)
    furthest = squares.masked_fill(~kin.apart, -1).argmax(dim=1, keepdim=True)
    return kin.alike, nearest.where(further.any(dim=2), furthest)


def hard(squares: "Tensor", kin: Kinship) -> tuple["Tensor", "Tensor"]:
    """Take of each anchor the furthest positive and the nearest negative.

    Reference:
        Hermans, Beyer and Leibe, "In defense of the triplet loss for person re-identification" (2017), equation 5.
        https://arxiv.org/abs/1703.07737
    """
    furthest = squares.masked_fill(~kin.alike, -1).argmax(dim=1, keepdim=True)
    taken = kin.alike.new_zeros(kin.alike.shape).scatter(1, furthest, value=True) & kin.alike
    nearest = squares.masked_fill(~kin.apart, FAR).argmin(dim=1, keepdim=True)
    return taken, nearest.expand_as(squares)


MINERS: dict[str, Miner] = {"semi-hard": semi_hard, "hard": hard}
"""Each way to choose triplets by its name."""


@dataclass(frozen=True)
class Triplet:
    """Pulls an anchor to its positive and away from its negative: ``max(0, d(a, p)^2 - d(a, n)^2 + margin)``.

    Args:
        margin: In squared distance, 0 to 4 between unit vectors.
        miner: Chooses the triplets of a batch.

    Reference:
        Schroff, Kalenichenko and Philbin, "FaceNet: a unified embedding for face recognition and clustering" (2015),
        equation 2. https://arxiv.org/abs/1503.03832
    """

    margin: float = 0.2
    miner: Miner = semi_hard

    def __call__(self, embeddings: "Tensor", labels: "Tensor") -> "Tensor":
        """Return the mean loss of the triplets of which each sample is the anchor.

        Args:
            embeddings: (N, E) float32.
            labels: (N,) int64.

        Returns:
            (n,) float32, 0 or more, of the n samples that have a positive; the margin where all embeddings are one
            point.
        """
        squares, kin = squared_distances(embeddings, embeddings), kinship(labels)
        taken, negatives = self.miner(squares.detach(), kin)
        losses = (squares - squares.gather(1, negatives) + self.margin).clamp(min=0)
        return mean_where(losses, taken)[taken.any(dim=1)]
