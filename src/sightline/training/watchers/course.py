"""What a babysitter knows of a training so far: its epochs, and what it saw in some of their steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from sightline.training.history import EpochRecord, of_phase
from sightline.training.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Course:
    """A training after an epoch.

    Args:
        history: One record an epoch, at least one.
        recipe: How the network learns.
        first_loss: That of the very first step; None where an earlier process took it.
        ratios: How far a step moved each weight, in lengths of the weight, at the full rate: the middle one of the last
            epoch's looks. Empty where nothing was looked at.
        dead: The share of each layer's units that were zero on all pictures that were looked at.
        answers: (K,) how often each class was answered in the last epoch's training; None where there are no classes.
        truths: (K,) how often each was right.
        validated: How many samples the validation part has.
    """

    history: Sequence[EpochRecord]
    recipe: Recipe
    first_loss: float | None
    ratios: Mapping[str, float]
    dead: Mapping[str, float]
    answers: torch.Tensor | None
    truths: torch.Tensor | None
    validated: int

    @property
    def last(self) -> EpochRecord:
        """The epoch that has just ended."""
        return self.history[-1]

    @property
    def phase(self) -> list[EpochRecord]:
        """The records of the phase that is under way."""
        return of_phase(self.history, self.last.phase)

    @property
    def guess(self) -> float | None:
        """The accuracy of always answering the class that is largest in training, 0 to 1."""
        return None if self.truths is None else float(self.truths.max() / self.truths.sum())

    def training(self, figure: str) -> list[float]:
        """Return a figure of the training part, one an epoch of this phase; empty where it has none."""
        return [record.training[figure] for record in self.phase if figure in record.training]

    def validation(self, figure: str) -> list[float]:
        """Return a figure of the validation part, one an epoch of this phase; empty where it has none."""
        return [record.validation[figure] for record in self.phase if figure in record.validation]
