"""The contract of what a training makes small."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor, nn

    from sightline.training.batch import Batch
    from sightline.training.tally import Sums, Tally


@dataclass(frozen=True, eq=False)
class Losses:
    """What a batch cost.

    Args:
        values: (n,) float32 with gradients, one a sample; their mean is made small.
        sums: Over the same samples, without gradients. ``count`` and ``loss`` are always there: their quotient is the
            loss that is shown.
        scores: (n, K) logits of the same samples without gradients; None where an objective compares no classes.
    """

    values: "Tensor"
    sums: "Sums"
    scores: "Tensor | None" = None


class Objective(Protocol):
    """Says what a batch costs, and what is shown of many batches.

    It is asked in training and in evaluation; ``network.training`` tells which. In half precision it is asked within
    torch's autocast.
    """

    @property
    def separable(self) -> bool:
        """Whether each sample's loss depends on that sample alone, so that a batch may be cut into pieces.

        The loss of a contrast within the batch, or of an episode, is not.
        """

    def __call__(self, network: "nn.Module", batch: "Batch") -> Losses:
        """Return the losses of a batch that lies on the network's device."""

    def figures(self, tally: "Tally") -> dict[str, float]:
        """Return what is shown of some batches, by name; ``loss`` is always there."""

    def score(self, tally: "Tally") -> float:
        """Return what the best epoch is chosen by, from its look at the validation part; more is better."""
