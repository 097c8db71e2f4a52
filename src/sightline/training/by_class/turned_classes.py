"""A class that is turned is a class of its own: four positions make four times as many classes to learn from."""

from dataclasses import dataclass

import torch

from sightline.training.batch import Batch
from sightline.training.by_class.batches import GROUP
from sightline.training.recipe import Augment, unaltered
from sightline.training.samplers import LABEL

POSITIONS = 4


@dataclass(frozen=True)
class TurnedClasses:
    """Turns all pictures of a group, or of a class that has none, by the same number of right angles, drawn at random.

    So a batch never holds a class in two positions, and a group stays one: its classes are as hard to tell apart.

    Args:
        then: What alters the batch afterwards.

    Reference:
        Santoro et al., "Meta-learning with memory-augmented neural networks" (2016), section 4.1.
        https://proceedings.mlr.press/v48/santoro16.html
    """

    then: Augment = unaltered

    def __call__(self, batch: Batch, generator: torch.Generator) -> Batch:
        """Return the turned and altered batch.

        Args:
            batch: Of square pictures (n, S, S, C).
            generator: On the CPU, wherever the pictures are.
        """
        belongs = batch.targets.get(GROUP, batch.targets[LABEL])
        several, places = belongs.unique(return_inverse=True)  # type: ignore[no-untyped-call]
        quarters = torch.randint(POSITIONS, (len(several),), generator=generator)[places]
        turned = batch.inputs.clone()
        for quarter in range(1, POSITIONS):
            chosen = quarters == quarter
            turned[chosen] = batch.inputs[chosen].rot90(quarter, (1, 2))
        return self.then(batch.with_inputs(turned), generator)
