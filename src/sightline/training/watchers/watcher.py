"""The contract of what looks on while a network is trained.

Importing this file does not import torch, so that a terminal can watch without it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.core.findings import Finding

if TYPE_CHECKING:
    from torch import Tensor, nn

    from sightline.training.history import EpochRecord
    from sightline.training.objectives.objective import Objective
    from sightline.training.tally import Tally


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a training, as its watchers see it.

    Args:
        epoch: Counted from 1, over all phases.
        number: Of the step in its epoch, from 1.
        learning_rate: That of the recipe at this step, schedule included.
        network: In training mode; before the step its gradients are fresh and its weights old.
        rows: (n,) of the table of samples; (n, 2) where each is a pair.
        losses: (n,) without gradients, on the network's device, in the order of the rows; fewer where not each sample
            has a loss of its own.
        scores: (n, K) logits of the rows as the network saw them, altered; None where the objective has none.
        tally: Sums over the epoch so far, this step included.
        objective: What gives the sums a meaning.
    """

    epoch: int
    number: int
    learning_rate: float
    network: "nn.Module"
    rows: "Tensor"
    losses: "Tensor"
    scores: "Tensor | None"
    tally: "Tally"
    objective: "Objective"

    def figures(self) -> dict[str, float]:
        """Return the epoch's figures so far, by name."""
        return self.objective.figures(self.tally)


class Watcher:
    """Looks on while a network is trained; a subclass overrides the moments that it wants to see."""

    def on_start(self, epochs_done: int) -> None:
        """Look on before the first step, with the number of epochs that an earlier process did."""

    def before_step(self, step: Step) -> None:
        """Look on between backward and step: the gradients are fresh, the weights still old."""

    def after_step(self, step: Step) -> None:
        """Look on after the step: the weights are new."""

    def on_epoch(self, history: "Sequence[EpochRecord]") -> None:
        """Look on after an epoch, when its checkpoint is safe."""

    def findings(self) -> Sequence[Finding]:
        """Return what was noticed since this was asked last: before each epoch's checkpoint, and at the end."""
        return ()
