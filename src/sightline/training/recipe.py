"""How a network is trained: every choice as an object."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from sightline.training.losses import Criterion, Penalties
from sightline.training.optimizers import OptimizerEntry
from sightline.training.samples import Batch, split_rows
from sightline.training.schedules import Schedule

Augment = Callable[[torch.Tensor, torch.Tensor, torch.Generator], Batch]
"""From pixels (n, H, W, C) uint8, targets (n, K) and what it draws from to altered ones of the same shapes."""


def unaltered(pixels: torch.Tensor, targets: torch.Tensor, _generator: torch.Generator) -> Batch:
    """Return a batch as it is."""
    return pixels, targets


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Args:
        epochs: At most so many.
        seconds: At most so many, with the looks at the validation part; 0 for no limit. The schedule then follows the
            clock, so the training ends in time with its course complete, however busy the machine is.
        batch_size: Pictures a step.
        optimizer: What takes the steps.
        learning_rate: Of a step to which the schedule does nothing.
        schedule: How the learning rate changes with the progress through `epochs`.
        patience: Stop after so many epochs without a better validation score; 0 never stops.
        seed: Decides the order of the pictures and everything random in the network.
        criterion: The loss.
        penalties: What large weights cost.
        weight_decay: Share of each weight, times the learning rate, that a step takes away; None
            leaves it to the optimizer.
        clip_norm: Gradients longer than this, all weights together, are shortened to it; 0 never.
        ema_decay: Of the moving average of the weights, which is validated and shipped; 0 takes none.
        sampling: ``shuffled``: every picture once an epoch; ``balanced``: every class alike.
        augment: Alters a batch on its way to the network.
        start_scale: Share of their sides that pictures have at first; see `training.resizing`.
        device: Where the network is.
        precision: ``fp32``, or ``bf16`` or ``fp16`` where torch finds it safe.

    Reference:
        Clipping: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural
        networks" (2012), section 3.2. https://arxiv.org/abs/1211.5063
    """

    epochs: int
    batch_size: int
    optimizer: OptimizerEntry
    learning_rate: float
    schedule: Schedule
    patience: int
    seed: int
    criterion: Criterion = field(default_factory=Criterion)
    penalties: Penalties = field(default_factory=Penalties)
    weight_decay: float | None = None
    clip_norm: float = 0.0
    ema_decay: float = 0.0
    seconds: float = 0.0
    sampling: str = "shuffled"
    augment: Augment = unaltered
    start_scale: float = 1.0
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    precision: str = "fp32"

    @property
    def counts_classes_alike(self) -> bool:
        """Whether rare classes were asked to weigh as much as frequent ones."""
        return bool(self.criterion.class_weights) or self.sampling == "balanced"

    def progress(self, epochs: float, seconds: float) -> float:
        """Return how far a training is that has had so many epochs and seconds: 0 to 1, or a little more."""
        return max(epochs / self.epochs, seconds / self.seconds if self.seconds else 0.0)

    def steps(self, count: int) -> int:
        """Return the steps of an epoch over so many pictures."""
        return 1 if self.optimizer.full_batch else len(split_rows(torch.arange(count), self.batch_size))
