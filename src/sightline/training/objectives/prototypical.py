"""The loss of an episode: each query shall be nearest to the prototype of its class."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.training.objectives.distances import kinship, squared_distances

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Prototypical:
    """Learns from episodes: the first samples of each class in a batch are its support, their mean is its prototype.

    A query costs the cross-entropy of a softmax over minus its squared distances to all prototypes. Between unit
    vectors these are 4 at most, so they are divided by a temperature.

    Args:
        shots: How many samples of each class are its support; the others are queries.
        temperature: Above 0; 1 is Snell's, for embeddings of any length.

    Reference:
        Snell, Swersky and Zemel, "Prototypical networks for few-shot learning" (2017), equations 1 and 2.
        https://arxiv.org/abs/1703.05175
    """

    shots: int = 1
    temperature: float = 0.1

    def __call__(self, embeddings: "Tensor", labels: "Tensor") -> "Tensor":
        """Return the loss of each query.

        Args:
            embeddings: (N, E) float32.
            labels: (N,) int64.

        Returns:
            (n,) float32, 0 or more, of the n queries.

        Raises:
            ValueError: No class has more samples than shots.
        """
        from torch.nn.functional import cross_entropy

        kinship(labels)
        classes, places = labels.unique(return_inverse=True)  # type: ignore[no-untyped-call]
        members = places.unsqueeze(1) == places.new_tensor(range(len(classes)))  # (N, classes)
        is_support = (members.cumsum(dim=0) <= self.shots).gather(1, places.unsqueeze(1)).squeeze(1)
        if is_support.all():
            raise ValueError(f"no class of the episode has more than {self.shots} samples: there is no query")
        support = (members & is_support.unsqueeze(1)).to(embeddings.dtype)
        prototypes = (support.T @ embeddings) / support.sum(dim=0).unsqueeze(1)  # (classes, E)
        scores = -squared_distances(embeddings[~is_support], prototypes) / self.temperature
        return cross_entropy(scores, places[~is_support], reduction="none")
