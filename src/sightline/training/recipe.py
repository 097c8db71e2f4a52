"""How a network is trained: the settings of its steps, and every choice as an object.

Importing this file does not import torch, so that settings can be checked and help can be shown without it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sightline.core.sections import SHARE, Section, name, number, whole
from sightline.training.losses import Penalties
from sightline.training.optimizers import OPTIMIZERS, OptimizerEntry
from sightline.training.samplers import SAMPLERS, InOrder, Sampler
from sightline.training.schedules import SCHEDULES, Schedule

if TYPE_CHECKING:
    import torch

    from sightline.training.batch import Batch
    from sightline.training.objectives.objective import Objective
    from sightline.training.samples import Samples

Augment = Callable[["Batch", "torch.Generator"], "Batch"]
"""From a batch and what it draws from to an altered batch of the same samples."""


RECIPE, RANGE_TEST = "recipe", "range-test"


def unaltered(batch: "Batch", _generator: "torch.Generator") -> "Batch":
    """Return a batch as it is."""
    return batch


@dataclass(frozen=True)
class StepSettings(Section):
    """The steps of a training.

    Reference:
        Clipping: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural
        networks" (2012), section 3.2. https://arxiv.org/abs/1211.5063
    """

    epochs: int = whole("at most so many times over the training part", 20, least=1, auto=True)
    batch_size: int = whole("pictures a step", 32, least=1, auto=True)
    sampling: str = name("balanced draws every class as often", SAMPLERS, "shuffled")
    optimizer: str = name("", OPTIMIZERS, "adam", auto=True)
    learning_rate: float | None = number(
        "before the schedule; auto, where it is named, is measured by a range test", None, least=0,
        open_ends=(True, False), auto=True,
    )  # fmt: skip
    rate_from: str = name(
        "what decides a rate that nobody named; learning_rate=auto, named, asks for a range test on the pictures",
        (RECIPE, RANGE_TEST), RECIPE,
    )  # fmt: skip
    weight_decay: float | None = number(
        "share of a weight, times the learning rate, that a step takes away; auto is the recipe's or the optimizer's "
        "own", None, least=0, auto=True,
    )  # fmt: skip
    schedule: str = name("how the learning rate changes", SCHEDULES, "cosine", auto=True)
    warmup_epochs: float = number("epochs in which the learning rate climbs from zero", 0.0, least=0)
    clip_norm: float = number("longer gradients are shortened to this; 0 never", 0.0, least=0)
    ema_decay: float = number(
        "of the moving average of the weights that is shipped, such as 0.999; 0 takes none", 0.0, **SHARE
    )
    patience: int = whole("stop after so many epochs without a better one; 0 never stops", 10, least=0, auto=True)
    unlabelled_ratio: int = whole("pictures without a label a step, for each labelled one", 3, least=1)
    start_scale: float = number(
        "share of their sides that pictures have at first; they grow until seven tenths of the way", 1.0,
        least=0, most=1, open_ends=(True, False), auto=True,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Recipe:
    """How a network is trained.

    Args:
        steps: The settings, of which none is ``auto`` any more.
        seed: 0 or more; decides the order of the samples and everything random in the network.
        optimizer: What takes the steps; the rate and decay in `steps` are for it.
        schedule: How the learning rate changes with the progress of the phase, warm-up included.
        objective: What a step makes small.
        sampler: Who is in a step.
        device: Where the network learns, as `choose_device` names it.
        precision: ``fp32``, or ``bf16`` or ``fp16`` where torch finds it safe.
        penalties: What large weights cost, beside the objective.
        augment: Alters a batch on its way to the network.
        validation_sampler: Who is looked at together after an epoch, the same ones after each.
        seconds: The phase lasts at most so many, with the looks at the validation part; 0 sets no limit. The schedule
            then follows the clock, so a training ends in time with its course complete, however busy the machine is.
    """

    steps: StepSettings
    seed: int
    optimizer: OptimizerEntry
    schedule: Schedule
    objective: "Objective"
    sampler: Sampler
    device: "torch.device"
    precision: str = "fp32"
    penalties: Penalties = field(default_factory=Penalties)
    augment: Augment = unaltered
    validation_sampler: Sampler = field(default_factory=InOrder)
    seconds: float = 0.0

    @property
    def learning_rate(self) -> float:
        """The rate of a step to which the schedule does nothing: the one that was named, or the optimizer's own."""
        return self.optimizer.learning_rate if self.steps.learning_rate is None else self.steps.learning_rate

    def progress(self, epochs: float, seconds: float) -> float:
        """Return how far a phase is that has had so many epochs and seconds: 0 to 1, or a little more."""
        return max(epochs / self.steps.epochs, seconds / self.seconds if self.seconds else 0.0)

    def step_count(self, samples: "Samples") -> int:
        """Return the number of steps of an epoch over some samples."""
        return len(self.sampler.batches(samples, seed=self.seed))
