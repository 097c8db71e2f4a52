"""Any function of scores and labels as an objective, such as a loss of ``torch.nn``."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from sightline.training.batch import Batch
from sightline.training.objectives.objective import Losses
from sightline.training.samplers import LABEL
from sightline.training.tally import Tally


@dataclass(frozen=True)
class LossFunction:
    """The objective of a function from scores (n, K) and labels (n,) to a loss, () or (n,).

    Args:
        function: Such as ``torch.nn.CrossEntropyLoss()``.
    """

    function: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

    @property
    def separable(self) -> bool:
        """A function that gives one number may do anything with the batch."""
        return False

    def __call__(self, network: nn.Module, batch: Batch) -> Losses:
        """Return the losses of a batch: one a sample, or the one that the function gives.

        Raises:
            TypeError: The network gives no scores.
        """
        scores, labels = _main(network(batch.inputs)), batch.targets[LABEL]
        values = self.function(scores, labels)
        values = values if values.ndim == 1 else values.reshape(1)
        correct = (scores.detach().argmax(dim=1) == labels).sum()
        count = len(batch)
        return Losses(values, {"count": count, "loss": values.detach().mean() * count, "correct": correct})

    def figures(self, tally: Tally) -> dict[str, float]:
        """Return the mean loss and the accuracy."""
        return {"loss": tally.mean("loss"), "accuracy": tally.mean("correct")}

    def score(self, tally: Tally) -> float:
        """Return the share of the samples that were named rightly, 0 to 1."""
        return tally.mean("correct")


def _main(given: object) -> torch.Tensor:
    """Return the scores that a network gives, the first where it gives several.

    Raises:
        TypeError: It gives something else.
    """
    main = given[0] if isinstance(given, tuple) and given else given
    if isinstance(main, torch.Tensor):
        return main
    raise TypeError(
        f"the network gives a {type(main).__name__}; scores (n, K) were expected, or a tuple that begins so"
    )
